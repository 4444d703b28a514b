"""Fleets: Auto Scaling groups of workers."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.autoscaling_group import (
    AutoscalingGroup,
    AutoscalingGroupMixedInstancesPolicyLaunchTemplateOverride,
    AutoscalingGroupTag,
)
from cdktf_cdktf_provider_aws.autoscaling_policy import (
    AutoscalingPolicy,
    AutoscalingPolicyTargetTrackingConfigurationCustomizedMetricSpecificationMetricDimension,
)
from cdktf_cdktf_provider_aws.iam_service_linked_role import IamServiceLinkedRole
from constructs import Construct

from constructs_lib.aws.compute.artifact_bucket import Artifact
from constructs_lib.aws.compute.launch_template import WorkerTemplate
from constructs_lib.aws.compute.machine_role import AGENT_METRICS, MachineRole
from constructs_lib.aws.compute.metrics_agent import MEMORY, MetricsAgent
from constructs_lib.aws.compute.user_data import UserData
from constructs_lib.aws.log_group import LogGroup
from constructs_lib.aws.network.network import AnyNetwork
from constructs_lib.aws.network.security_group import SecurityGroup
from constructs_lib.aws.security.iam import Statement
from constructs_lib.aws.security.key import AnyKey

STARTUP = timedelta(minutes=5)  # updates, agent and worker, until a new instance counts
LONGEST_LIFE = timedelta(days=30)  # so that every instance has the fixes of the last month
# Launch before terminate; at least one instance at a time in a fleet of any size.
HEALTHY_PERCENT = (100, 110)
CPU = {"predefined_metric_type": "ASGAverageCPUUtilization"}
GROUP_METRICS = ["GroupDesiredCapacity", "GroupInServiceInstances"]
FAILURES = [
    "EC2 Auto Scaling Instance Refresh Failed",
    "EC2 Instance Launch Unsuccessful",
    "EC2 Instance Terminate Unsuccessful",
]


class Fleet(Construct):
    """Creates an Auto Scaling group of arm64 instances in private subnets that run one module of a zip.

    It also creates their role, launch template, CloudWatch agent configuration and scaling policies. Every
    change of code, configuration or instance type replaces the instances one after the other. Scaling changes
    the capacity after the creation, to keep the average CPU and memory use; of two results it takes the
    higher.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        artifact: Artifact,
        module: str,
        instance_types: Sequence[str],
        min_size: int,
        max_size: int,
        desired_capacity: int,
        agent_parameter: str,
        log_group: LogGroup,
        network: AnyNetwork,
        security_group: SecurityGroup,
        key: AnyKey,
        region: str,
        environment: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        on_demand_base: int = 0,
        spot: bool = False,
        cpu_percent: int = 60,
        memory_percent: int = 70,
        detailed_monitoring: bool = False,
    ) -> None:
        """`module` of the artifact is run with the variables of `environment`.

        `instance_types`: arm64, in order of preference. With `spot`, instances above `on_demand_base` are
        Spot instances, which AWS takes back after two minutes' notice. Scaling keeps the averages
        `cpu_percent` and `memory_percent`. `agent_parameter` names the Systems Manager parameter to create
        for the CloudWatch agent. `detailed_monitoring`: EC2 metrics every minute instead of every five, at a
        price. `tags` are those of instances, volumes and network interfaces.
        """
        super().__init__(scope, id)
        self.role = MachineRole(self, "Machine", name=name)
        self.role_arn = self.role.role_arn
        agent = MetricsAgent(self, "Agent", parameter=agent_parameter, group=name, log_group=log_group)
        agent.grant_run(self)
        artifact.grant_read(self)
        script = UserData(
            bucket=artifact.bucket.name,
            key=artifact.key,
            sha256=artifact.sha256,
            module=module,
            environment={"AWS_DEFAULT_REGION": region, **(environment or {})},
            agent_parameter=agent.name,
            agent_version=agent.version,
        ).script()
        tags = {**(tags or {}), "Name": name}
        template = WorkerTemplate(
            self,
            "Template",
            name=name,
            role=self.role,
            security_group=security_group,
            key=key,
            user_data=script,
            instance_types=instance_types,
            detailed_monitoring=detailed_monitoring,
            tags=tags,
        )
        # Not the role of all groups of the account, so that the key admits this fleet only.
        launcher = IamServiceLinkedRole(
            self,
            "Launcher",
            aws_service_name="autoscaling.amazonaws.com",
            custom_suffix=name,
            description=f"Starts the machines of {name}",
        )
        volumes = key.grant_volumes(role_arn=launcher.arn)
        self.resource = AutoscalingGroup(
            self,
            "Resource",
            name=name,
            min_size=min_size,
            max_size=max_size,
            desired_capacity=desired_capacity,
            vpc_zone_identifier=network.private_subnet_ids,
            service_linked_role_arn=launcher.arn,
            mixed_instances_policy=_mixed(template, instance_types, on_demand_base=on_demand_base, spot=spot),
            capacity_rebalance=spot,
            health_check_type="EC2",
            health_check_grace_period=int(STARTUP.total_seconds()),
            default_instance_warmup=int(STARTUP.total_seconds()),
            max_instance_lifetime=int(LONGEST_LIFE.total_seconds()),
            instance_maintenance_policy={
                "min_healthy_percentage": HEALTHY_PERCENT[0],
                "max_healthy_percentage": HEALTHY_PERCENT[1],
            },
            # Starts with every new version of the template. Automatic rollback is not possible, because EC2
            # resolves the image ("Undo changes with a rollback", EC2 Auto Scaling user guide).
            instance_refresh={"strategy": "Rolling"},
            enabled_metrics=GROUP_METRICS,
            tag=[
                AutoscalingGroupTag(key=tag, value=value, propagate_at_launch=True)
                for tag, value in tags.items()
            ],
            # Scaling owns the capacity; a deployment must not reset it.
            lifecycle=TerraformResourceLifecycle(ignore_changes=["desired_capacity"]),
            # An instance that starts earlier could not fetch its code, and would stop.
            depends_on=[artifact.resource, self.role.role.policy, *volumes, *network.outbound_dependencies],
        )
        # A literal, not a reference: rules filter events by it, also before the group exists.
        self.name = name
        self.arn: str = self.resource.arn
        self._scaling = Construct(self, "Scaling")
        self._scale("cpu", cpu_percent, predefined_metric_specification=CPU)
        of_group = AutoscalingPolicyTargetTrackingConfigurationCustomizedMetricSpecificationMetricDimension(
            name="AutoScalingGroupName", value=self.resource.name
        )
        memory = {
            "namespace": AGENT_METRICS,
            "metric_name": MEMORY,
            "statistic": "Average",
            "metric_dimension": [of_group],
        }
        self._scale("memory", memory_percent, customized_metric_specification=memory)

    @property
    def failures(self) -> dict[str, Any]:
        """Returns a pattern of events on the default bus: failed launches, terminations and refreshes."""
        return {
            "source": ["aws.autoscaling"],
            "detail-type": FAILURES,
            "detail": {"AutoScalingGroupName": [self.name]},
        }

    def allow(self, *statements: Statement) -> None:
        self.role.allow(*statements)

    def _scale(self, metric: str, target: int, **specification: dict[str, Any]) -> None:
        AutoscalingPolicy(
            self._scaling,
            metric.capitalize(),
            name=f"{self.name}-{metric}",
            autoscaling_group_name=self.resource.name,
            policy_type="TargetTrackingScaling",
            target_tracking_configuration={"target_value": target, **specification},
        )


def _mixed(
    template: WorkerTemplate, instance_types: Sequence[str], *, on_demand_base: int, spot: bool
) -> dict[str, Any]:
    return {
        "instances_distribution": {
            "on_demand_base_capacity": on_demand_base,
            "on_demand_percentage_above_base_capacity": 0 if spot else 100,
            "on_demand_allocation_strategy": "prioritized",
            "spot_allocation_strategy": "price-capacity-optimized",
        },
        "launch_template": {
            "launch_template_specification": {
                "launch_template_id": template.resource.id,
                "version": template.resource.get_string_attribute("latest_version"),
            },
            "override": [
                AutoscalingGroupMixedInstancesPolicyLaunchTemplateOverride(instance_type=kind)
                for kind in instance_types
            ],
        },
    }
