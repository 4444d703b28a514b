"""Variables of the Terraform module: the settings that it exposes, with their types and limits.

Type, limits and default of a setting are those of constructs_lib/settings/schema.py. Other settings are fixed
when the module is exported: they decide which resources exist, not how large they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from operator import attrgetter
from typing import Any, get_args

from constructs_lib.module_export import hcl
from constructs_lib.module_export.parameterize import Placeholder
from constructs_lib.settings.reader import Flag, OneOf, Seconds, Text, WholeNumber
from constructs_lib.settings.schema import Environment

# Description of each setting, for callers of the module.
SETTINGS = {
    "alarms.api_4xx": "Denied requests that raise the API's alarm.",
    "alarms.api_5xx": "Failed requests that raise the API's alarm.",
    "alarms.dynamodb_throttles": "Throttled requests to the table that raise its alarm.",
    "alarms.ec2_cpu_percent": "CPU utilization of the workers that raises their alarm, in percent.",
    "alarms.lambda_errors": "Errors of a function that raise its alarm.",
    "api.quota_per_day": "Requests of all callers per day.",
    "api.throttle_burst": "Burst of requests that the API accepts.",
    "api.throttle_rate": "Requests per second that the API accepts.",
    "budget.anomaly_usd": "Unusual costs that raise an alert, in US dollars.",
    "budget.monthly_usd": "Monthly budget, in US dollars.",
    "fleet.cpu_percent": "Target of average CPU utilization for scaling, in percent.",
    "fleet.desired": "Workers at the first deployment; afterwards the fleet scales with its load.",
    "fleet.detailed_monitoring": "Detailed monitoring of workers: every minute, at additional cost.",
    "fleet.max": "Maximum number of workers.",
    "fleet.memory_percent": "Target of average memory utilization for scaling, in percent.",
    "fleet.min": "Minimum number of workers.",
    "fleet.on_demand_base": "Number of On-Demand workers below any Spot instances.",
    "lambda_.authorizer_timeout": "Time-out of the authorizer, in seconds.",
    "lambda_.event_handler_timeout": "Time-out of the function that archives events, in seconds.",
    "lambda_.log_level": "Log level of functions and workers.",
    "lambda_.memory_mb": "Memory of each function, in MB.",
    "lambda_.payment_processor_timeout": "Time-out of the function behind the API, in seconds.",
    "logs.retention_days": "Retention of logs, in days.",
    "network.flow_log_retention_days": "Retention of the network's flow logs, in days.",
    "payments.max_amount": "Largest payment, in minor units of its currency.",
    "queue.max_receives": "Receives of a message before it moves to the dead-letter queue.",
    "queue.retention": "Retention of messages, in seconds.",
    "queue.visibility_timeout": "Visibility time-out of a received message, in seconds.",
    "waf.requests_per_5_minutes": "Requests of an address within five minutes before it is blocked.",
}
# Rules between settings by their text in settings/rules.py: the variable that has the validation, and its
# condition.
BETWEEN = {
    "must be min <= desired <= max": (
        "fleet_desired",
        "var.fleet_min <= var.fleet_desired && var.fleet_desired <= var.fleet_max",
    ),
    "the fleet must grow before the alarm: cpu_percent below ec2_cpu_percent": (
        "fleet_cpu_percent",
        "var.fleet_cpu_percent < var.alarms_ec2_cpu_percent",
    ),
    "a message must stay invisible for at least the time-out of its handler": (
        "queue_visibility_timeout",
        "var.queue_visibility_timeout >= var.lambda_event_handler_timeout",
    ),
    "retention must be over visibility_timeout * max_receives, or messages expire before the last try": (
        "queue_retention",
        "var.queue_retention > var.queue_visibility_timeout * var.queue_max_receives",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableDeclaration:
    """Represents a variable block. It is required if it has no default.

    `checks` are conditions, each with the text of its requirement.
    """

    name: str
    type: str
    description: str
    checks: tuple[tuple[str, str], ...] = ()
    default: object = None

    def block(self) -> hcl.Block:
        default = {} if self.default is None else {"default": hcl.value(self.default)}
        return hcl.Block(
            f'variable "{self.name}"',
            {
                "description": hcl.quoted(self.description),
                "type": self.type,
                **default,
                "nullable": "false",
            },
            blocks=tuple(
                hcl.Block(
                    "validation",
                    {"condition": condition, "error_message": hcl.quoted(f"{self.name}: {must}.")},
                )
                for condition, must in self.checks
            ),
        )


@dataclass(frozen=True, slots=True)
class ModuleVariable:
    """Represents one input of the syntheses: the setting at `path`, and its two values.

    `placeholders` are the expressions for the values in Terraform. Without a `declaration`, callers cannot
    set it.
    """

    path: str
    one: Any
    two: Any
    placeholders: tuple[Placeholder, ...]
    declaration: VariableDeclaration | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Represents a kind of setting as a variable. `pairs` yields pairs of different values, as in a file."""

    type: str
    condition: str
    pairs: Iterator[tuple[Any, Any]]


def variable_name(path: str) -> str:
    """Returns the name of a setting's variable: `lambda_.memory_mb` gives `lambda_memory_mb`."""
    return path.replace("_.", ".").replace(".", "_")


def declaration(path: str, environment: Environment) -> VariableDeclaration:
    """Returns the variable of a setting. Its default is the environment's value."""
    name, kind = variable_name(path), kind_of(path)
    between = ((condition, must) for must, (refused, condition) in BETWEEN.items() if refused == name)
    shape = limits(kind, f"var.{name}")
    return VariableDeclaration(
        name=name,
        type=shape.type,
        description=SETTINGS[path],
        checks=((shape.condition, allowed(kind)), *between),
        default=as_in_file(attrgetter(path)(environment)),
    )


def kind_of(path: str) -> Any:
    """Returns the reader of a setting's value."""
    shape: Any = Environment
    for step in path.split("."):
        shape = next(it.type for it in fields(shape) if it.name == step)
    return get_args(shape)[1]


def as_in_file(value: object) -> object:
    """Returns a value as an environment file has it: durations in seconds."""
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    return str(value) if isinstance(value, str) else value


def limits(kind: Any, name: str) -> Limits:
    """Returns type and limits of a variable whose expression is `name`.

    Raises TypeError for a kind of setting that cannot be a variable.
    """
    match kind:
        case Flag():
            return Limits("bool", f"contains([true, false], {name})", iter(((False, True), (True, False))))
        case Text():
            return Limits("string", matches(kind, name), iter(()))
        case OneOf(options=options):
            plain = [as_in_file(it) for it in options]
            text = all(isinstance(it, str) for it in plain)
            pairs = ((a, b) for a, b in zip(plain, reversed(plain), strict=True) if a != b)
            return Limits("string" if text else "number", f"contains({hcl.value(plain)}, {name})", pairs)
        case WholeNumber(least=least, most=most) | Seconds(least=least, most=most):
            condition = f"{name} >= {least} && {name} <= {most} && floor({name}) == {name}"
            return Limits("number", condition, ((least + n, most - n) for n in range((most - least) // 2)))
    raise TypeError(f"{kind} cannot be a variable")


def matches(kind: Text, name: str) -> str:
    """Returns the condition that an expression matches the pattern of a text."""
    return f"can(regex({hcl.quoted(f'^({kind.pattern})$')}, {name}))"


def allowed(kind: Any) -> str:
    """Returns the requirement of a kind of setting, as in the error for a file."""
    try:
        return f"must be {kind.read(None)}"
    except ValueError as error:
        return str(error)


def text_variable(
    path: str,
    name: str,
    kind: Text,
    description: str,
    pair: tuple[str, str],
    default: Any = None,
    *,
    condition: str = "",
) -> ModuleVariable:
    """Returns the variable of a text. `condition`: a further one beside its pattern."""
    conditions = [matches(kind, f"var.{name}"), *([condition] if condition else [])]
    declared = VariableDeclaration(
        name=name,
        type="string",
        description=description,
        checks=((" && ".join(conditions), allowed(kind)),),
        default=default,
    )
    return ModuleVariable(path, *pair, (Placeholder(f"var.{name}", *pair),), declared)
