"""Alarms of an environment.

Thresholds that differ between environments are settings. The others follow from the limit that they guard.
"""

from constructs import Construct

from constructs_lib.aws.api.rest_api import INTEGRATION_TIMEOUT_MS
from constructs_lib.aws.monitoring.alarm import Alarm, Comparison, CompositeAlarm, MissingData
from constructs_lib.aws.monitoring.log_metric import LogMetric
from constructs_lib.aws.monitoring.metric import (
    Expression,
    Measure,
    of_api,
    of_fleet,
    of_function,
    of_nat,
    of_pipe,
    of_queue,
    of_rule,
    of_table,
)
from constructs_lib.payments.monitoring.metrics import OUTCOMES, of_payments
from constructs_lib.payments.registry import UNDELIVERED
from constructs_lib.payments.system import System

RUNBOOK = "docs/runbook.md"
NEAR = 0.8  # share of a time-out
FEW_REQUESTS = 20  # within five minutes: a rate of fewer is not meaningful
FAILED_PERCENT = 5
FEW_PAYMENTS = 20
DECLINED_PERCENT = 50  # issuers decline about one honest payment in ten
UNANSWERED_PERCENT = 5
SLOW_MS = 10_000  # a third of API Gateway's time-out for the whole request
SENT = OUTCOMES[:-1]  # statuses of a payment after a request to its gateway
# `error` in an access log line when an authorizer fails instead of denying access.
AUTHORIZER_FAILED = '{ ($.error = "AUTHORIZER_FAILURE") || ($.error = "AUTHORIZER_CONFIGURATION_ERROR") }'
# The last line that handlers/settlement_worker logs for a day.
RECONCILED = '{ $.message = "reconciled" }'
# Alarms that were renamed: the construct id, and with it the Terraform address, stays.
ORIGINAL_IDS = {"payment-events-age": "QueueAge", "payment-events-dead-letters": "QueueDeadLetters"}


# Alarms with one cause: one composite alarm, with its description, notifies the operators of all.
INCIDENTS = {
    "payments-failing": (
        "Callers cannot pay: the API answers slowly or with server errors.",
        (
            "api-5xx",
            "api-5xx-rate",
            "api-slow",
            "authorizer-failures",
            "authorizer-throttles",
            "payment-processor-errors",
            "payment-processor-throttles",
            "table-throttles",
        ),
    ),
    "events-late": (
        "Payments are stored, but events do not reach the bus, the queue or the audit bucket.",
        (
            "outbox-failing",
            "outbox-stalled",
            "payment-events-age",
            "event-handler-errors",
            "event-handler-throttles",
        ),
    ),
}
IN_INCIDENTS = {name for _, alarms in INCIDENTS.values() for name in alarms}


class Alarms(Construct):
    """Creates all alarms, and the incidents that combine some of them.

    An alarm notifies the topic of operational alerts when it begins and when it ends. Alarms of an incident
    leave that to the incident. `arns` has the incidents first.
    """

    def __init__(self, scope: Construct, id: str, *, system: System) -> None:
        super().__init__(scope, id)
        self._system = system
        self._foundation = system.foundation
        self._name = system.foundation.environment.name
        self._thresholds = system.foundation.environment.alarms
        self._alarms: dict[str, Alarm] = {}
        self._functions()
        self._api()
        self._data()
        self._queues()
        self._payments()
        self._machines()
        self._reconciliation()
        incidents = [
            CompositeAlarm(
                self,
                _construct_id(incident),
                name=self._foundation.naming.name(incident),
                description=_with_runbook(description, incident),
                alarms=[self._alarms[name] for name in alarms],
                topic=self._foundation.alerts.ops,
            )
            for incident, (description, alarms) in INCIDENTS.items()
        ]
        self.arns = [incident.arn for incident in incidents]
        self.arns += [alarm.arn for alarm in self._alarms.values()]

    def _alarm(
        self,
        name: str,
        description: str,
        measure: Measure,
        threshold: float,
        *,
        runbook: str = "",
        comparison: Comparison = Comparison.AT_LEAST,
        periods: tuple[int, int] = (1, 1),
        missing_data: MissingData = MissingData.NOT_BREACHING,
    ) -> None:
        """Creates an alarm.

        `runbook`: anchor of the section in the runbook; the alarm's name by default. `periods`: (2, 3) alarms
        when two of three periods of five minutes breach the threshold.
        """
        self._alarms[name] = Alarm(
            self,
            _construct_id(name),
            name=self._foundation.naming.name(name),
            description=_with_runbook(description, runbook or name),
            measure=measure,
            threshold=threshold,
            comparison=comparison,
            datapoints_to_alarm=periods[0],
            evaluation_periods=periods[1],
            missing_data=missing_data,
            topic=None if name in IN_INCIDENTS else self._foundation.alerts.ops,
        )

    def _functions(self) -> None:
        # An authorizer denies access by raising an exception, which Lambda counts as an error. Only the
        # access log separates its failures from denials.
        failures = LogMetric(
            self,
            "AuthorizerFailed",
            namespace=self._foundation.naming.prefix,
            name="AuthorizerFailures",
            log_group=self._foundation.log_groups["Api"],
            pattern=AUTHORIZER_FAILED,
        )
        self._alarm(
            "authorizer-failures",
            "The authorizer failed, so callers with valid API keys received a 500.",
            failures.metric,
            self._thresholds.lambda_errors,
        )
        self._alarm(
            "rotation-failing",
            "The rotation of the pepper failed; its previous value stays current.",
            of_function(self._system.functions["rotation"], "Errors"),
            1,  # it runs a few times a year
        )
        for name, function in self._system.functions.items():
            if name not in ("authorizer", "rotation"):
                self._alarm(
                    f"{name}-errors",
                    f"Invocations of {name} ended in an exception or a time-out.",
                    of_function(function, "Errors"),
                    self._thresholds.lambda_errors,
                    runbook="function-errors",
                )
        for name, function in self._system.functions.items():
            self._alarm(
                f"{name}-throttles",
                f"Lambda throttled {name}: the account's concurrency is exhausted.",
                of_function(function, "Throttles"),
                1,
                runbook="function-throttles",
            )
            self._alarm(
                f"{name}-slow",
                f"The slowest 1 % of invocations of {name} take over {NEAR * 100:.0f} % of its time-out.",
                of_function(function, "Duration", "p99"),
                NEAR * 1000 * function.timeout.total_seconds(),
                runbook="function-slow",
                periods=(2, 3),
            )

    def _api(self) -> None:
        api = self._system.api.rest
        self._alarm(
            "api-4xx",
            "Many requests are denied: a caller is broken or guesses API keys.",
            of_api(api, "4XXError"),
            self._thresholds.api_4xx,
        )
        self._alarm(
            "api-5xx",
            "Many requests end in server errors.",
            of_api(api, "5XXError"),
            self._thresholds.api_5xx,
        )
        self._alarm(
            "api-5xx-rate",
            f"Over {FAILED_PERCENT} % of requests end in server errors.",
            Expression(
                f"IF(requests >= {FEW_REQUESTS}, 100 * errors / requests, 0)",
                {"errors": of_api(api, "5XXError"), "requests": of_api(api, "Count")},
            ),
            FAILED_PERCENT,
            runbook="api-5xx",
        )
        self._alarm(
            "api-slow",
            "The slowest 1 % of answers come shortly before API Gateway's time-out.",
            of_api(api, "Latency", "p99"),
            NEAR * INTEGRATION_TIMEOUT_MS,
            periods=(2, 3),
        )

    def _data(self) -> None:
        table, events = self._system.storage.table, self._system.events
        # ThrottledRequests would be one metric for each operation.
        throttles = {
            "reads": of_table(table, "ReadThrottleEvents"),
            "writes": of_table(table, "WriteThrottleEvents"),
        }
        self._alarm(
            "table-throttles",
            "DynamoDB throttled reads or writes of the payments table.",
            Expression("FILL(reads, 0) + FILL(writes, 0)", throttles),
            self._thresholds.dynamodb_throttles,
        )
        self._alarm(
            "outbox-failing",
            "The pipe from the table's stream cannot put events on the bus.",
            of_pipe(events.outbox, "ExecutionFailed"),
            1,
            periods=(2, 3),
        )
        # Pipes have no metric for the age of records. Instead: transactions commit and no event leaves.
        commits = of_table(table, "SuccessfulRequestLatency", "SampleCount", operation="TransactWriteItems")
        self._alarm(
            "outbox-stalled",
            "Payments are committed, but no event leaves; the stream keeps records for 24 hours.",
            Expression(
                "IF(FILL(commits, 0) > 0 AND FILL(events, 0) == 0, 1, 0)",
                {"commits": commits, "events": of_pipe(events.outbox, "EventCount")},
            ),
            1,
            periods=(3, 3),
        )
        self._alarm(
            "events-lost",
            "An event reached no queue and no dead-letter queue: only the archive has it.",
            of_rule(events.bus, events.payment_events, "InvocationsFailedToBeSentToDlq"),
            1,
        )

    def _queues(self) -> None:
        for name, queue in self._system.events.queues.items():
            self._alarm(
                f"{name}-age",
                "A message waits for longer than the time until its second attempt.",
                of_queue(queue, "ApproximateAgeOfOldestMessage"),
                queue.visibility_timeout.total_seconds(),
                runbook="queue-age",
            )
        for name, dead_letters in self._system.dead_letters.items():
            source = "rules, pipes and schedules" if name == UNDELIVERED else name
            self._alarm(
                f"{name}-dead-letters",
                f"Messages are in the dead-letter queue of {source}.",
                of_queue(dead_letters, "ApproximateNumberOfMessagesVisible"),
                1,
                runbook=UNDELIVERED if name == UNDELIVERED else "dead-letters",
            )

    def _payments(self) -> None:
        self._alarm(
            "payments-declined",
            f"{DECLINED_PERCENT} % of payments or more are declined.",
            self._share("failed"),
            DECLINED_PERCENT,
            periods=(2, 3),
        )
        self._alarm(
            "gateway-unanswered",
            f"{UNANSWERED_PERCENT} % of payments or more have no outcome yet.",
            self._share("processing"),
            UNANSWERED_PERCENT,
        )
        self._alarm(
            "gateway-slow",
            f"The slowest 1 % of answers of the payment gateway take over {SLOW_MS // 1000} s.",
            of_payments(self._name, "GatewayLatency", "p99"),
            SLOW_MS,
            periods=(2, 3),
        )
        self._alarm(
            "ledger-breaks",
            "The amounts of a payment and its ledger entries differ.",
            of_payments(self._name, "LedgerBreaks"),
            1,
        )

    def _share(self, outcome: str) -> Expression:
        """Returns the share of an outcome, in percent of all payments that were sent to the gateway."""
        metrics = {name: of_payments(self._name, "Payments", Outcome=name) for name in SENT}
        every = " + ".join(f"FILL({name}, 0)" for name in SENT)
        return Expression(f"IF({every} >= {FEW_PAYMENTS}, 100 * FILL({outcome}, 0) / ({every}), 0)", metrics)

    def _machines(self) -> None:
        fleet = self._system.workers.fleet.resource.name
        for number, nat in enumerate(self._system.network.nats, start=1):
            self._alarm(
                f"nat-{number}-ports",
                "A NAT gateway has no free port for new connections to a destination.",
                of_nat(nat, "ErrorPortAllocation"),
                1,
                runbook="nat-ports",
            )
        self._alarm(
            "fleet-cpu",
            "Workers stay busy although the fleet had time to scale out.",
            of_fleet(fleet, "AWS/EC2", "CPUUtilization", "Average"),
            self._thresholds.ec2_cpu_percent,
            periods=(3, 3),
        )
        self._alarm(
            "fleet-short",
            "Fewer workers are in service than the minimum of the fleet.",
            of_fleet(fleet, "AWS/AutoScaling", "GroupInServiceInstances", "Minimum"),
            self._foundation.environment.fleet.min,
            comparison=Comparison.BELOW,
            periods=(3, 3),
            missing_data=MissingData.BREACHING,
        )

    def _reconciliation(self) -> None:
        """Workers measure both once a day, for the day before."""
        for name, description, metric, figure, runbook in (
            (
                "reconciliation",
                "The gateway's settlement of a day differs from the ledger.",
                "SettlementDifferences",
                "differences",
                "reconciliation",
            ),
            (
                "ledger-breaks-daily",
                "Payments of a day differ from their ledger entries and refunds.",
                "DailyLedgerBreaks",
                "breaks",
                "ledger-breaks",
            ),
        ):
            logged = LogMetric(
                self,
                f"Logged{metric}",
                namespace=self._foundation.naming.prefix,
                name=metric,
                log_group=self._foundation.log_groups["Fleet"],
                pattern=RECONCILED,
                value=f"$.{figure}",
            )
            self._alarm(name, description, logged.metric, 1, runbook=runbook, missing_data=MissingData.IGNORE)


def _with_runbook(description: str, anchor: str) -> str:
    return f"{description} What to do: {RUNBOOK}#{anchor}"


def _construct_id(name: str) -> str:
    return ORIGINAL_IDS.get(name) or "".join(word.capitalize() for word in name.split("-"))
