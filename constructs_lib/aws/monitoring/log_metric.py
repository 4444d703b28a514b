"""Metrics out of logs."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.cloudwatch_log_metric_filter import (
    CloudwatchLogMetricFilter,
    CloudwatchLogMetricFilterMetricTransformation,
)
from constructs import Construct

from constructs_lib.aws.monitoring.log_group import LogGroup
from constructs_lib.aws.monitoring.metric import Metric


class LogMetric(Construct):
    """Counts the lines of a log group that match a filter pattern; without any, there is no data.

    `value` may name a member of the lines instead, `$.differences`: then it is that number.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        namespace: str,
        name: str,
        log_group: LogGroup,
        pattern: str,
        value: str = "1",
    ) -> None:
        super().__init__(scope, id)
        self.metric = Metric(namespace, name, {})
        self.resource = CloudwatchLogMetricFilter(
            self,
            "Resource",
            name=name,
            log_group_name=log_group.name,
            pattern=pattern,
            metric_transformation=CloudwatchLogMetricFilterMetricTransformation(
                namespace=namespace, name=name, value=value
            ),
        )
