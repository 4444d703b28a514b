"""Configuration of the CloudWatch agent on EC2 instances."""

from cdktf import Fn
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct

from constructs_lib.aws.checkov import accept
from constructs_lib.aws.compute.machine_role import AGENT_METRICS
from constructs_lib.aws.compute.user_data import BOOT_LOG, WORKER_LOG
from constructs_lib.aws.log_group import LogGroup
from constructs_lib.aws.security.iam import Grantee, Statement

INTERVAL_SECONDS = 60
MEMORY = "mem_used_percent"


class MetricsAgent(Construct):
    """Creates a Systems Manager parameter with the agent's configuration, which instances read at start.

    The agent publishes the memory use of the whole group: one paid custom metric for any number of instances,
    and no permission to read tags.
    """

    def __init__(self, scope: Construct, id: str, *, parameter: str, group: str, log_group: LogGroup) -> None:
        """`parameter`: its name; `group`: name of the Auto Scaling group."""
        super().__init__(scope, id)
        self._log_group = log_group
        streams = {WORKER_LOG: "{instance_id}", BOOT_LOG: "{instance_id}/boot"}
        configuration = {
            "agent": {"metrics_collection_interval": INTERVAL_SECONDS, "omit_hostname": True},
            "metrics": {
                "namespace": AGENT_METRICS,
                "metrics_collected": {
                    "mem": {"measurement": [MEMORY], "append_dimensions": {"AutoScalingGroupName": group}}
                },
            },
            "logs": {
                "logs_collected": {
                    "files": {
                        "collect_list": [
                            {"file_path": file, "log_group_name": log_group.name, "log_stream_name": stream}
                            for file, stream in streams.items()
                        ]
                    }
                }
            },
        }
        self.resource = SsmParameter(
            self, "Resource", name=parameter, type="String", value=Fn.jsonencode(configuration)
        )
        self.name: str = self.resource.name
        self.arn: str = self.resource.arn
        # Changes with the configuration, so that user data can depend on it.
        self.version = self.resource.get_string_attribute("version")
        accept(self.resource, CKV2_AWS_34="names of metrics and log files, no secret")

    def grant_run(self, grantee: Grantee) -> None:
        """Allows the grantee to run the agent.

        Actions: ssm:GetParameter; logs:CreateLogStream, logs:PutLogEvents.
        """
        grantee.allow(Statement(actions=["ssm:GetParameter"], resources=[self.arn]))
        self._log_group.grant_write(grantee)
