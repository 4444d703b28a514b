"""What a module takes: settings, its name and tags, what it uses; and the two environments it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from typing import Any

from constructs_lib.module_export import hcl
from constructs_lib.module_export.existing_resources import Use, used
from constructs_lib.module_export.module_variable import ModuleVariable, text_variable
from constructs_lib.module_export.parameterize import Placeholder
from constructs_lib.module_export.variables import SETTINGS, VariableDeclaration, declaration, kind_of, limits
from constructs_lib.payments.tags import UNKNOWN, VARIABLES
from constructs_lib.settings.environment import Environment
from constructs_lib.settings.estate import EstateSettings
from constructs_lib.settings.naming import ENVIRONMENT, RESERVED
from constructs_lib.settings.reader import Text
from constructs_lib.settings.schema import AnomalyMonitor, Detector, carve

REGION = "data.aws_region.current.name"
CREATED_AT = "created_at"
TAG = Text("[A-Za-z0-9 _.:/=+@-]{1,256}", "1 to 256 characters that a tag may have")
NAME = Text("[a-z][a-z0-9]*(-[a-z0-9]+)*", ENVIRONMENT)
CIDRS = (IPv4Network("10.64.0.0/16"), IPv4Network("172.16.0.0/12"))
CIDR = (
    r'can(regex("^(10|172[.](1[6-9]|2[0-9]|3[01])|192[.]168)[.]", var.network_cidr))'
    ' && can(regex("/(1[6-9]|2[0-5])$", var.network_cidr))'
    " && try(cidrsubnet(var.network_cidr, 0, 0) == var.network_cidr, false)",
    "must be private IPv4 addresses (RFC 1918), /16 to /25, without host bits",
)
MILLISECONDS = ("{} * 800", lambda seconds: seconds * 800)  # when an alarm tells that a function is slow
# Setting: how it also shows, where a construct makes something of it: in Terraform, and in Python.
DERIVED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "lambda_.authorizer_timeout": MILLISECONDS,
    "lambda_.event_handler_timeout": MILLISECONDS,
    "lambda_.payment_processor_timeout": MILLISECONDS,
    "lambda_.log_level": (
        '({} == "DEBUG" ? "DEBUG" : "INFO")',
        lambda level: "DEBUG" if level == "DEBUG" else "INFO",
    ),
}


@dataclass(frozen=True, slots=True)
class SynthesisInput:
    """What one synthesis is made from. `tags`: by the pipeline's variables."""

    environment: Environment
    tags: Mapping[str, str]
    created_at: str


@dataclass(frozen=True, slots=True)
class Interface:
    """`base`: the environment whose settings are defaults, and where they are no variables, fixed."""

    base: Environment
    module_variables: tuple[ModuleVariable, ...]

    @property
    def placeholders(self) -> list[Placeholder]:
        return [placeholder for variable in self.module_variables for placeholder in variable.placeholders]

    @property
    def declarations(self) -> list[VariableDeclaration]:
        return [variable.declaration for variable in self.module_variables if variable.declaration]

    def inputs(self, which: str) -> SynthesisInput:
        """With the first values ("one") or the second ("two") in the place of every variable."""
        inputs = SynthesisInput(self.base, dict.fromkeys(VARIABLES.values(), ""), "")
        for variable in self.module_variables:
            inputs = put(inputs, variable.path, getattr(variable, which))
        return inputs


def interface(environment: Environment, uses: Sequence[Use] = ()) -> Interface:
    """The interface of the module of an environment, which uses what that uses, and what is named besides."""
    base = _without_singletons(environment)
    module_variables = [*_identity(), *_settings(environment), *_addresses(environment)]
    return Interface(base, (*module_variables, *used(environment, uses)))


def put(shape: Any, path: str, value: object) -> Any:
    """A copy with another value at a path such as `environment.aws.region` or `tags.TEAM`."""
    step, _, rest = path.partition(".")
    if isinstance(shape, dict):
        return {**shape, step: value}
    return replace(shape, **{step: put(getattr(shape, step), rest, value) if rest else value})


def _without_singletons(environment: Environment) -> Environment:
    """What an account has once is made by none of two modules in it; imports and moves are a root's."""
    security, budget = environment.security, environment.budget
    if security.guard_duty is Detector.CREATE:
        security = replace(security, guard_duty=Detector.EXISTING)
    if budget.anomalies is AnomalyMonitor.ACCOUNT:
        budget = replace(budget, anomalies=AnomalyMonitor.ENVIRONMENT)
    use = replace(environment.estate.use, detector=None)
    return replace(environment, security=security, budget=budget, estate=EstateSettings(use=use))


def _identity() -> Iterator[ModuleVariable]:
    """Who the module is: in every name, and in tags."""
    yield text_variable(
        "environment.name",
        "environment",
        NAME,
        "Part of every name, and the API's stage: another one for each module of an account.",
        ("namedone", "namedtwo"),
        also=f"length(var.environment) <= 16 && !contains({hcl.value(RESERVED)}, var.environment)",
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
        "Tag CreatedAt of every resource: the time of the first deployment, never that of a run.",
        ("created-at-one", "created-at-two"),
        UNKNOWN,
    )


def _settings(environment: Environment) -> Iterator[ModuleVariable]:
    taken: set[tuple[object, object]] = set()
    for path in SETTINGS:
        kind, made = kind_of(path), declaration(path, environment)
        pair = next(pair for pair in limits(kind, "").pairs if pair not in taken)
        taken.add(pair)
        placeholders = [Placeholder(f"var.{made.name}", *pair)]
        if path in DERIVED:
            expression, derived = DERIVED[path]
            placeholders.append(Placeholder(expression.format(f"var.{made.name}"), *map(derived, pair)))
        one, two = map(kind.read, pair)
        yield ModuleVariable(f"environment.{path}", one, two, tuple(placeholders), made)


def _addresses(environment: Environment) -> Iterator[ModuleVariable]:
    """The network's block, where subnets are carved out of it; configured subnets stay."""
    network = environment.network
    if (network.public_subnets, network.private_subnets) != carve(network.cidr, network.zones):
        return
    block = VariableDeclaration(
        name="network_cidr",
        type="string",
        description="Addresses of the network.",
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
