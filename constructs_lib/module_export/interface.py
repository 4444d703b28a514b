"""Interface of the Terraform module: its variables, and the inputs of the two syntheses."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from typing import Any

from constructs_lib.module_export import hcl
from constructs_lib.module_export.existing_resources import Use, existing_resource_variables
from constructs_lib.module_export.parameterize import Placeholder
from constructs_lib.module_export.variables import (
    SETTINGS,
    ModuleVariable,
    VariableDeclaration,
    declaration,
    kind_of,
    limits,
    text_variable,
)
from constructs_lib.payments.tags import UNKNOWN, VARIABLES
from constructs_lib.settings.estate import EstateSettings
from constructs_lib.settings.naming import ENVIRONMENT_NAME_RULE, RESERVED
from constructs_lib.settings.reader import Text
from constructs_lib.settings.schema import AnomalyMonitor, Detector, Environment, carve

REGION = "data.aws_region.current.name"
CREATED_AT = "created_at"
TAG = Text("[A-Za-z0-9 _.:/=+@-]{1,256}", "1 to 256 characters that are valid in a tag")
NAME = Text("[a-z][a-z0-9]*(-[a-z0-9]+)*", ENVIRONMENT_NAME_RULE)
CIDRS = (IPv4Network("10.64.0.0/16"), IPv4Network("172.16.0.0/12"))
CIDR = (
    r'can(regex("^(10|172[.](1[6-9]|2[0-9]|3[01])|192[.]168)[.]", var.network_cidr))'
    ' && can(regex("/(1[6-9]|2[0-5])$", var.network_cidr))'
    " && try(cidrsubnet(var.network_cidr, 0, 0) == var.network_cidr, false)",
    "must be private IPv4 addresses (RFC 1918), /16 to /25, without host bits",
)
# Time-outs, of which constructs use 80 %, in milliseconds, as thresholds of alarms on slow functions.
ALARMED_TIMEOUTS = (
    "lambda_.authorizer_timeout",
    "lambda_.event_handler_timeout",
    "lambda_.payment_processor_timeout",
)


@dataclass(frozen=True, slots=True)
class SynthesisInput:
    """Represents the inputs of one synthesis. `tags` are by the pipeline's variables."""

    environment: Environment
    tags: Mapping[str, str]
    created_at: str


@dataclass(frozen=True, slots=True)
class Interface:
    """Represents the variables of a module. `base` has the defaults and the fixed settings."""

    base: Environment
    module_variables: tuple[ModuleVariable, ...]

    @property
    def placeholders(self) -> list[Placeholder]:
        """Returns the expressions of all variables."""
        return [placeholder for variable in self.module_variables for placeholder in variable.placeholders]

    @property
    def declarations(self) -> list[VariableDeclaration]:
        """Returns the variables that callers can set."""
        return [variable.declaration for variable in self.module_variables if variable.declaration]

    def inputs(self, which: str) -> SynthesisInput:
        """Returns the inputs with the first value ("one") or the second ("two") of every variable."""
        inputs = SynthesisInput(self.base, dict.fromkeys(VARIABLES.values(), ""), "")
        for variable in self.module_variables:
            inputs = put(inputs, variable.path, getattr(variable, which))
        return inputs


def interface(environment: Environment, uses: Sequence[Use] = ()) -> Interface:
    """Returns the interface of an environment's module. `uses`: existing resources that callers pass."""
    base = _without_singletons(environment)
    module_variables = [*_identity(), *_settings(environment), *_addresses(environment)]
    return Interface(base, (*module_variables, *existing_resource_variables(environment, uses)))


def put(shape: Any, path: str, value: object) -> Any:
    """Returns a copy with another value at a path such as `environment.aws.region` or `tags.TEAM`."""
    step, _, rest = path.partition(".")
    if isinstance(shape, dict):
        return {**shape, step: value}
    return replace(shape, **{step: put(getattr(shape, step), rest, value) if rest else value})


def _without_singletons(environment: Environment) -> Environment:
    """Leaves out resources that exist once per account, imports and moves: those belong to the root."""
    security, budget = environment.security, environment.budget
    if security.guard_duty is Detector.CREATE:
        security = replace(security, guard_duty=Detector.EXISTING)
    if budget.anomalies is AnomalyMonitor.ACCOUNT:
        budget = replace(budget, anomalies=AnomalyMonitor.ENVIRONMENT)
    use = replace(environment.estate.use, detector=None)
    return replace(environment, security=security, budget=budget, estate=EstateSettings(use=use))


def _identity() -> Iterator[ModuleVariable]:
    """Yields the variables of names and tags."""
    yield text_variable(
        "environment.name",
        "environment",
        NAME,
        "Part of every name, and the stage of the API. It is unique within an account.",
        ("namedone", "namedtwo"),
        condition=f"length(var.environment) <= 16 && !contains({hcl.value(RESERVED)}, var.environment)",
    )
    regions = ("zz-first-1", "zz-second-2")
    yield ModuleVariable("environment.aws.region", *regions, (Placeholder(REGION, *regions),))
    for tag, source in VARIABLES.items():
        variable = source.lower()
        pair = (f"{variable}-is-one", f"{variable}-is-two")
        yield text_variable(f"tags.{source}", variable, TAG, f"Tag {tag} of every resource.", pair, UNKNOWN)
    yield text_variable(
        CREATED_AT,
        CREATED_AT,
        TAG,
        "Tag CreatedAt of every resource: time of the first deployment, RFC 3339 in UTC.",
        ("created-at-one", "created-at-two"),
        UNKNOWN,
    )


def _settings(environment: Environment) -> Iterator[ModuleVariable]:
    used_pairs: set[tuple[object, object]] = set()
    for path in SETTINGS:
        kind, made = kind_of(path), declaration(path, environment)
        pair = next(pair for pair in limits(kind, "").pairs if pair not in used_pairs)
        used_pairs.add(pair)
        placeholders = [Placeholder(f"var.{made.name}", *pair)]
        if path in ALARMED_TIMEOUTS:
            one, two = (800 * seconds for seconds in pair)
            placeholders.append(Placeholder(f"var.{made.name} * 800", one, two, required=True))
        one, two = map(kind.read, pair)
        yield ModuleVariable(f"environment.{path}", one, two, tuple(placeholders), made)


def _addresses(environment: Environment) -> Iterator[ModuleVariable]:
    """Yields the network's block and the subnets that are carved from it; configured subnets are fixed."""
    network = environment.network
    if (network.public_subnets, network.private_subnets) != carve(network.cidr, network.zones):
        return
    block = VariableDeclaration(
        name="network_cidr",
        type="string",
        description="IPv4 block of the network.",
        checks=(CIDR,),
        default=str(network.cidr),
    )
    one, two = CIDRS
    yield ModuleVariable(
        "environment.network.cidr", one, two, (Placeholder("var.network_cidr", str(one), str(two)),), block
    )
    carved = [carve(cidr, network.zones) for cidr in CIDRS]
    for tier, (first, name) in enumerate(((0, "public_subnets"), (4, "private_subnets"))):
        ones, twos = carved[0][tier], carved[1][tier]
        yield ModuleVariable(
            f"environment.network.{name}",
            ones,
            twos,
            tuple(
                Placeholder(f"cidrsubnet(var.network_cidr, 3, {first + zone})", str(a), str(b))
                for zone, (a, b) in enumerate(zip(ones, twos, strict=True))
            ),
        )
