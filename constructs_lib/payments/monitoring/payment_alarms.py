"""Alarms on payments themselves: their outcomes, the gateway of payments, the ledger."""

from __future__ import annotations

from constructs_lib.aws.monitoring.metric import Expression
from constructs_lib.payments.monitoring.alarm_rows import AlarmRow
from constructs_lib.payments.monitoring.monitored_resources import MonitoredResources
from constructs_lib.payments.monitoring.payment_metrics import of_payments

FEW_PAYMENTS = 20  # within five minutes: of fewer, a rate says nothing
DECLINED_PERCENT = 50  # honest payers are declined one time in ten
UNANSWERED_PERCENT = 5
SLOW_MS = 10_000  # a third of what API Gateway waits for all of a request
OUTCOMES = ("succeeded", "requires_capture", "requires_action", "processing", "failed", "canceled")
ANSWERS = OUTCOMES[:-1]  # what a payment may be after its gateway was asked for it


def payment_rows(monitored: MonitoredResources) -> list[AlarmRow]:
    environment = monitored.environment
    return [
        AlarmRow(
            name="payments-declined",
            runbook="payments-declined",
            description=f"{DECLINED_PERCENT} % of payments or more are declined.",
            measure=_share(environment, "failed"),
            threshold=DECLINED_PERCENT,
            datapoints_to_alarm=2,
            evaluation_periods=3,
        ),
        AlarmRow(
            name="gateway-unanswered",
            runbook="gateway-unanswered",
            description=f"Of {UNANSWERED_PERCENT} % of payments or more nobody knows the outcome yet.",
            measure=_share(environment, "processing"),
            threshold=UNANSWERED_PERCENT,
        ),
        AlarmRow(
            name="gateway-slow",
            runbook="gateway-slow",
            description=f"The slowest 1 % of answers of the payment gateway take over {SLOW_MS // 1000} s.",
            measure=of_payments(environment, "GatewayLatency", "p99"),
            threshold=SLOW_MS,
            datapoints_to_alarm=2,
            evaluation_periods=3,
        ),
        AlarmRow(
            name="ledger-breaks",
            runbook="ledger-breaks",
            description="The amounts of a payment and its ledger do not agree.",
            measure=of_payments(environment, "LedgerBreaks"),
            threshold=1,
        ),
    ]


def _share(environment: str, outcome: str) -> Expression:
    """In percent of all payments whose gateway was asked."""
    metrics = {name: of_payments(environment, "Payments", Outcome=name) for name in ANSWERS}
    every = " + ".join(f"FILL({name}, 0)" for name in ANSWERS)
    return Expression(f"IF({every} >= {FEW_PAYMENTS}, 100 * FILL({outcome}, 0) / ({every}), 0)", metrics)
