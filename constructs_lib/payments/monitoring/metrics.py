"""Metrics that the functions write (handlers/payments/telemetry.py)."""

from constructs_lib.aws.monitoring.metric import Expression, Metric

NAMESPACE = "Payments"
# Dimension values of the metric Payments: the status of a payment after each operation.
OUTCOMES = ("succeeded", "requires_capture", "requires_action", "processing", "failed", "canceled")
# Dimension values of the metric WebhookAttempts: the status of a delivery after an attempt.
DELIVERIES = ("succeeded", "pending", "failed")


def of_payments(environment: str, name: str, statistic: str = "Sum", **dimension: str) -> Metric:
    """Returns a metric of one environment."""
    return Metric(NAMESPACE, name, {"Environment": environment, **dimension}, statistic)


def by_currency(environment: str, name: str) -> Expression:
    """Returns one line for each currency, in minor units."""
    found = f'{{{NAMESPACE},Environment,Currency}} MetricName="{name}" Environment="{environment}"'
    return Expression(f"SEARCH('{found}', 'Sum')", {})
