"""The request executor of an environment."""

from collections.abc import Mapping
from typing import Any

from payments.adapters.gateways import gateway
from payments.adapters.table import Table
from payments.executor import RequestExecutor
from payments.formats import random_id, utc_now
from payments.telemetry import Metrics


def request_executor(variables: Mapping[str, str], dynamodb: Any, metrics: Metrics) -> RequestExecutor:
    """Returns the executor over the table and the gateway. Raises KeyError for an unknown gateway."""
    return RequestExecutor(
        store=Table(dynamodb, variables["TABLE_NAME"]),
        gateway=gateway(variables, dynamodb),
        clock=utc_now,
        id_generator=random_id,
        lease=int(variables["IDEMPOTENCY_LEASE_SECONDS"]),
        metrics=metrics,
    )
