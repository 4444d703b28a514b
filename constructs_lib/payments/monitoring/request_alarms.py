"""Alarms on requests: what callers get, and the functions that answer them.

Thresholds that differ between environments are settings; the others follow from what they guard.
"""

from __future__ import annotations

from typing import cast

from constructs_lib.aws.api.rest_api import INTEGRATION_TIMEOUT_MS
from constructs_lib.aws.monitoring.metric import Expression, Metric, of_api, of_function
from constructs_lib.payments.monitoring.alarm_rows import AlarmRow
from constructs_lib.payments.monitoring.monitored_resources import AUTHORIZER, ROTATION, MonitoredResources
from constructs_lib.settings.schema import AlarmsSettings

NEAR = 0.8  # of a time-out: what is left is no room for a bad day
FEW_REQUESTS = 20  # within five minutes: of fewer, a rate says nothing
FAILED_PERCENT = 5


def function_rows(
    monitored: MonitoredResources, thresholds: AlarmsSettings, authorizer_failures: Metric
) -> list[AlarmRow]:
    # A function counts every exception as an error, and the authorizer refuses a credential by raising one:
    # what it got wrong itself is only in the access log.
    errors = {name: of_function(one, "Errors") for name, one in monitored.functions.items()}
    del errors[AUTHORIZER]
    rows = [
        AlarmRow(
            name="authorizer-failures",
            runbook="authorizer-failures",
            description="Credentials could not be checked, so callers with good ones got a 500.",
            measure=authorizer_failures,
            threshold=thresholds.lambda_errors,
        ),
        AlarmRow(
            name="rotation-failing",
            runbook="rotation-failing",
            description="The pepper was not rotated; the value before stays the current one.",
            measure=errors.pop(ROTATION),
            threshold=1,  # it runs a few times a year
        ),
    ]
    rows += [
        AlarmRow(
            name=f"{name}-errors",
            runbook="function-errors",
            description=f"Calls of {name} ended in an exception or a time-out.",
            measure=metric,
            threshold=thresholds.lambda_errors,
        )
        for name, metric in errors.items()
    ]
    for name, function in monitored.functions.items():
        rows += [
            AlarmRow(
                name=f"{name}-throttles",
                runbook="function-throttles",
                description=f"Lambda refused to run {name}: the account's concurrency is used up.",
                measure=of_function(function, "Throttles"),
                threshold=1,
            ),
            AlarmRow(
                name=f"{name}-slow",
                runbook="function-slow",
                description=f"One call of {name} in a hundred takes over {NEAR * 100:.0f} % of its time-out.",
                measure=of_function(function, "Duration", "p99"),
                threshold=NEAR * 1000 * cast(float, function.resource.timeout_input),
                datapoints_to_alarm=2,
                evaluation_periods=3,
            ),
        ]
    return rows


def api_rows(monitored: MonitoredResources, thresholds: AlarmsSettings) -> list[AlarmRow]:
    api = monitored.api
    return [
        AlarmRow(
            name="api-4xx",
            runbook="api-4xx",
            description="Many requests are refused: a caller is broken, or somebody tries keys.",
            measure=of_api(api, "4XXError"),
            threshold=thresholds.api_4xx,
        ),
        AlarmRow(
            name="api-5xx",
            runbook="api-5xx",
            description="Many requests failed on our side.",
            measure=of_api(api, "5XXError"),
            threshold=thresholds.api_5xx,
        ),
        AlarmRow(
            name="api-5xx-rate",
            runbook="api-5xx",
            description=f"Over {FAILED_PERCENT} % of requests failed on our side, though they may be few.",
            measure=Expression(
                f"IF(requests >= {FEW_REQUESTS}, 100 * errors / requests, 0)",
                {"errors": of_api(api, "5XXError"), "requests": of_api(api, "Count")},
            ),
            threshold=FAILED_PERCENT,
        ),
        AlarmRow(
            name="api-slow",
            runbook="api-slow",
            description="The slowest 1 % of answers come shortly before API Gateway's time-out.",
            measure=of_api(api, "Latency", "p99"),
            threshold=NEAR * INTEGRATION_TIMEOUT_MS,
            datapoints_to_alarm=2,
            evaluation_periods=3,
        ),
    ]
