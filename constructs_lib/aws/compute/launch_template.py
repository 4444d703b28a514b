"""Launch templates of EC2 instances."""

from collections.abc import Mapping, Sequence

from cdktf import Fn
from cdktf_cdktf_provider_aws.launch_template import (
    LaunchTemplate,
    LaunchTemplateBlockDeviceMappings,
    LaunchTemplateTagSpecifications,
)
from constructs import Construct

from constructs_lib.aws.compute.machine_role import MachineRole
from constructs_lib.aws.network.security_group import SecurityGroup
from constructs_lib.aws.security.key import AnyKey

# EC2 resolves the image for each instance, so plans need no look-up and new instances have the latest fixes.
# Source: "Use a Systems Manager parameter instead of an AMI ID", EC2 user guide.
IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
ROOT_DEVICE = "/dev/xvda"
DISK_GB = 8  # minimum of the image
BURSTABLE = "t"
# Resources that the Auto Scaling group does not tag.
TAGGED = ("network-interface", "volume")


class WorkerTemplate(Construct):
    """Creates a launch template for arm64 instances with Amazon Linux 2023 and an encrypted disk.

    Instances have no key pair and no public address; their metadata service requires tokens (IMDSv2) and
    allows one hop.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        role: MachineRole,
        security_group: SecurityGroup,
        key: AnyKey,
        user_data: str,
        instance_types: Sequence[str],
        detailed_monitoring: bool,
        tags: Mapping[str, str],
    ) -> None:
        """`tags` of volumes and network interfaces, which get no default tags of the provider."""
        super().__init__(scope, id)
        burstable = all(kind.startswith(BURSTABLE) for kind in instance_types)
        self.resource = LaunchTemplate(
            self,
            "Resource",
            name=name,
            image_id=IMAGE,
            update_default_version=True,
            user_data=Fn.base64encode(user_data),
            vpc_security_group_ids=[security_group.id],
            iam_instance_profile={"arn": role.arn},
            # The user data script stops an instance on which a step fails.
            instance_initiated_shutdown_behavior="terminate",
            # Without credits an instance is slow, which alarms show; "unlimited" has unlimited costs.
            credit_specification={"cpu_credits": "standard"} if burstable else None,
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
            },
            monitoring={"enabled": detailed_monitoring},
            block_device_mappings=[
                LaunchTemplateBlockDeviceMappings(
                    device_name=ROOT_DEVICE,
                    ebs={
                        "volume_type": "gp3",
                        "volume_size": DISK_GB,
                        "encrypted": "true",
                        "kms_key_id": key.arn,
                        "delete_on_termination": "true",
                    },
                )
            ],
            tag_specifications=[
                LaunchTemplateTagSpecifications(resource_type=kind, tags=dict(tags)) for kind in TAGGED
            ],
        )
