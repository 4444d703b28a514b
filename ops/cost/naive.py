"""A naive design of the same system, as a comparison of cost."""

import math
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from constructs_lib.settings.schema import Environment
from ops.cost import charges
from ops.cost.resources import Resource

MEMORY_MB = 3008
SECONDS_OF_MONTH = 730 * 3600
WHAT = (
    f"functions of {MEMORY_MB:,} MB on x86, a NAT gateway in each zone, a table whose provisioned capacity "
    "carries the peak, nothing ever deleted"
)


def naive(resources: Iterable[Resource], environment: Environment) -> list[Resource]:
    """Returns the same resources in the naive design."""
    kept = [it for it in resources if it.type not in ("aws_nat_gateway", "aws_eip")]
    gateways = [
        Resource(f"{kind}.zone_{zone}", kind, {}, f"zone {zone}")
        for zone in range(1, environment.network.zones + 1)
        for kind in ("aws_nat_gateway", "aws_eip")
    ]
    return [_changed(it, environment) for it in kept] + gateways


def _changed(resource: Resource, environment: Environment) -> Resource:
    changes: dict[str, dict[str, object]] = {
        "aws_lambda_function": {"memory_size": MEMORY_MB, "architectures": ["x86_64"]},
        "aws_dynamodb_table": {"billing_mode": "PROVISIONED", **_capacity(environment)},
        "aws_cloudwatch_log_group": {"retention_in_days": environment.volume.kept_months * 365 // 12},
        "aws_cloudwatch_event_archive": {"retention_days": environment.volume.kept_months * 365 // 12},
    }
    return replace(resource, values={**resource.values, **changes.get(resource.type, {})})


def _capacity(environment: Environment) -> dict[str, object]:
    """Capacity units a second at the peak; about one read for each payment."""
    volume, usage = environment.volume, charges.load().usage
    peak = Decimal(volume.payments_per_month * volume.peak_factor) / SECONDS_OF_MONTH
    return {
        "write_capacity": max(1, math.ceil(peak * usage["table_writes"])),
        "read_capacity": max(1, math.ceil(peak)),
    }
