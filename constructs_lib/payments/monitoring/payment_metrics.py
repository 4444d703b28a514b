"""Metrics that the functions write themselves (handlers/payments/telemetry.py)."""

from __future__ import annotations

from constructs_lib.aws.monitoring.metric import Expression, Metric

NAMESPACE = "Payments"


def of_payments(environment: str, name: str, statistic: str = "Sum", **dimension: str) -> Metric:
    return Metric(NAMESPACE, name, {"Environment": environment, **dimension}, statistic)


def by_currency(environment: str, name: str) -> Expression:
    """Returns one line for each currency, in minor units."""
    found = f'{{{NAMESPACE},Environment,Currency}} MetricName="{name}" Environment="{environment}"'
    return Expression(f"SEARCH('{found}', 'Sum')", {})
