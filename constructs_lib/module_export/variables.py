"""The settings that are variables of the Terraform module: which they are, and what they may be.

Type, limits and default of a setting are those of constructs_lib/settings/schema.py. A setting that is
not here is fixed when the module is made: it decides what there is, not how large it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from operator import attrgetter
from typing import Any, get_args

from constructs_lib.module_export import hcl
from constructs_lib.settings.environment import Environment
from constructs_lib.settings.reader import Flag, OneOf, Seconds, Text, Whole

# Setting: what it is, for whoever sets the variable.
SETTINGS = {
    "alarms.api_4xx": "Refused requests that raise the API's alarm.",
    "alarms.api_5xx": "Failed requests that raise the API's alarm.",
    "alarms.dynamodb_throttles": "Throttled requests to the table that raise its alarm.",
    "alarms.ec2_cpu_percent": "Use of CPU of the workers that raises their alarm, in percent.",
    "alarms.lambda_errors": "Errors of a function that raise its alarm.",
    "api.quota_per_day": "Requests of all callers in a day.",
    "api.throttle_burst": "Requests at once that the API takes.",
    "api.throttle_rate": "Requests a second that the API takes.",
    "budget.anomaly_usd": "Unusual costs that are told, in US dollars.",
    "budget.monthly_usd": "Costs of a month that are expected, in US dollars.",
    "fleet.cpu_percent": "Average use of CPU that scaling aims at, in percent.",
    "fleet.desired": "Workers at the first deployment; afterwards the load decides.",
    "fleet.detailed_monitoring": "Whether workers are measured every minute, for a price.",
    "fleet.max": "Most workers.",
    "fleet.memory_percent": "Average use of memory that scaling aims at, in percent.",
    "fleet.min": "Fewest workers.",
    "fleet.on_demand_base": "Workers that are never Spot instances.",
    "lambda_.authorizer_timeout": "Time-out of the function that knows merchants, in seconds.",
    "lambda_.event_handler_timeout": "Time-out of the function that keeps events, in seconds.",
    "lambda_.log_level": "What functions and machines log.",
    "lambda_.memory_mb": "Memory of each function, in MB.",
    "lambda_.payment_processor_timeout": "Time-out of the function behind the API, in seconds.",
    "logs.retention_days": "Days for which logs are kept.",
    "network.flow_log_retention_days": "Days for which the network's flow logs are kept.",
    "payments.max_amount": "Largest payment, in minor units of its currency.",
    "queue.max_receives": "Deliveries of a message before it goes to the dead letters.",
    "queue.retention": "Time for which a message is kept, in seconds.",
    "queue.visibility_timeout": "Time for which a received message is hidden from others, in seconds.",
    "waf.requests_per_5_minutes": "Requests of one address in five minutes before it is blocked.",
}
# What must hold between settings, by the words of its rule there: the variable that is refused, and when not.
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
    """Without a default it has to be given. `checks`: conditions, each with what holds if it is true."""

    name: str
    type: str
    description: str
    checks: tuple[tuple[str, str], ...]
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
class Limits:
    """What a kind of setting is as a variable: `pairs` are two values of it, as a file has them."""

    type: str
    condition: str
    pairs: Iterator[tuple[Any, Any]]


def variable_name(path: str) -> str:
    """`lambda_.memory_mb` is `lambda_memory_mb`."""
    return path.replace("_.", ".").replace(".", "_")


def declaration(path: str, environment: Environment) -> VariableDeclaration:
    """A setting as a variable whose default is the environment's value."""
    name, kind = variable_name(path), kind_of(path)
    between = ((condition, must) for must, (refused, condition) in BETWEEN.items() if refused == name)
    shape = limits(kind, f"var.{name}")
    return VariableDeclaration(
        name=name,
        type=shape.type,
        description=SETTINGS[path],
        checks=((shape.condition, allowed(kind)), *between),
        default=as_in_a_file(attrgetter(path)(environment)),
    )


def kind_of(path: str) -> Any:
    """How a setting is read from a file."""
    shape: Any = Environment
    for step in path.split("."):
        shape = next(it.type for it in fields(shape) if it.name == step)
    return get_args(shape)[1]


def as_in_a_file(value: object) -> object:
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    return str(value) if isinstance(value, str) else value


def limits(kind: Any, name: str) -> Limits:
    """Of a variable whose expression is `name`. Raises TypeError for what cannot be a variable."""
    match kind:
        case Flag():
            return Limits("bool", f"contains([true, false], {name})", iter(((False, True), (True, False))))
        case Text():
            return Limits("string", matches(kind, name), iter(()))
        case OneOf(options=options):
            plain = [as_in_a_file(it) for it in options]
            text = all(isinstance(it, str) for it in plain)
            pairs = ((a, b) for a, b in zip(plain, reversed(plain), strict=True) if a != b)
            return Limits("string" if text else "number", f"contains({hcl.value(plain)}, {name})", pairs)
        case Whole(least=least, most=most) | Seconds(least=least, most=most):
            condition = f"{name} >= {least} && {name} <= {most} && floor({name}) == {name}"
            return Limits("number", condition, ((least + n, most - n) for n in range((most - least) // 2)))
    raise TypeError(f"{kind} cannot be a variable")


def matches(kind: Text, name: str) -> str:
    return f"can(regex({hcl.quoted(f'^({kind.pattern})$')}, {name}))"


def allowed(kind: Any) -> str:
    """What a value of this kind must be, in the words that a file is refused with."""
    try:
        return f"must be {kind.read(None)}"
    except ValueError as error:
        return str(error)
