"""The CloudWatch agent of machines."""

from __future__ import annotations

from cdktf import Fn
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct

from constructs_lib.aws.checkov import accept
from constructs_lib.aws.compute.machine_role import AGENT_METRICS
from constructs_lib.aws.compute.user_data import BOOT_LOG, WORKER_LOG
from constructs_lib.aws.monitoring.log_group import LogGroup
from constructs_lib.aws.security.iam import PARAMETER_READ, Grantee, Statement

INTERVAL_SECONDS = 60
MEMORY = "mem_used_percent"


class MetricsAgent(Construct):
    """The agent's configuration, as a parameter that machines read while they start.

    Memory is published by group alone: one custom metric is paid for, however many machines there are, and
    the agent needs no permission to read tags.
    """

    def __init__(self, scope: Construct, id: str, *, parameter: str, group: str, log_group: LogGroup) -> None:
        """`group`: name of the Auto Scaling group."""
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
                            {
                                "file_path": file,
                                "log_group_name": log_group.name,
                                "log_stream_name": stream,
                            }
                            for file, stream in streams.items()
                        ]
                    }
                }
            },
        }
        self.resource = SsmParameter(
            self, "Resource", name=parameter, type="String", value=Fn.jsonencode(configuration)
        )
        accept(self.resource, CKV2_AWS_34="names of metrics and log files, no secret")

    @property
    def parameter(self) -> str:
        return self.resource.name

    @property
    def version(self) -> str:
        """Changes with the configuration, so that machines that read another one can be told apart."""
        return self.resource.get_string_attribute("version")

    def grant_run(self, grantee: Grantee) -> None:
        """ssm:GetParameter of the configuration; logs:CreateLogStream and logs:PutLogEvents."""
        grantee.allow(Statement(actions=PARAMETER_READ, resources=[self.resource.arn]))
        self._log_group.grant_write(grantee)
