"""Metrics from log events."""

from cdktf_cdktf_provider_aws.cloudwatch_log_metric_filter import CloudwatchLogMetricFilter
from constructs import Construct

from constructs_lib.aws.log_group import LogGroup
from constructs_lib.aws.monitoring.metric import Metric


class LogMetric(Construct):
    """Creates a metric that counts the log events that match a filter pattern; without any it has no data.

    With a `value` such as `$.differences`, the metric has the values of this field instead.
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
            metric_transformation={"namespace": namespace, "name": name, "value": value},
        )
