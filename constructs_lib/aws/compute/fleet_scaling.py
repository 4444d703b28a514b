"""Scaling policies of an Auto Scaling group."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.autoscaling_group import AutoscalingGroup
from cdktf_cdktf_provider_aws.autoscaling_policy import (
    AutoscalingPolicy,
    AutoscalingPolicyTargetTrackingConfigurationCustomizedMetricSpecificationMetricDimension,
)
from constructs import Construct

from constructs_lib.aws.compute.machine_role import AGENT_METRICS
from constructs_lib.aws.compute.metrics_agent import MEMORY


class FleetScaling(Construct):
    """Creates target tracking policies that keep the average CPU and memory use of a group.

    If the two policies disagree, Auto Scaling takes the higher capacity.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        group: AutoscalingGroup,
        cpu_percent: int,
        memory_percent: int,
    ) -> None:
        super().__init__(scope, id)
        cpu = {
            "target_value": cpu_percent,
            "predefined_metric_specification": {"predefined_metric_type": "ASGAverageCPUUtilization"},
        }
        of_group = AutoscalingPolicyTargetTrackingConfigurationCustomizedMetricSpecificationMetricDimension(
            name="AutoScalingGroupName", value=group.name
        )
        memory = {
            "target_value": memory_percent,
            "customized_metric_specification": {
                "namespace": AGENT_METRICS,
                "metric_name": MEMORY,
                "statistic": "Average",
                "metric_dimension": [of_group],
            },
        }
        for metric, tracking in {"cpu": cpu, "memory": memory}.items():
            AutoscalingPolicy(
                self,
                metric.capitalize(),
                name=f"{name}-{metric}",
                autoscaling_group_name=group.name,
                policy_type="TargetTrackingScaling",
                target_tracking_configuration=tracking,
            )
