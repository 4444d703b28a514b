"""What a machine is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdktf import Fn
from cdktf_cdktf_provider_aws.launch_template import (
    LaunchTemplate,
    LaunchTemplateBlockDeviceMappings,
    LaunchTemplateBlockDeviceMappingsEbs,
    LaunchTemplateCreditSpecification,
    LaunchTemplateIamInstanceProfile,
    LaunchTemplateMetadataOptions,
    LaunchTemplateMonitoring,
    LaunchTemplateTagSpecifications,
)
from constructs import Construct

from constructs_lib.aws.compute.machine_role import MachineRole
from constructs_lib.aws.network.security_group import SecurityGroup
from constructs_lib.aws.security.key import AnyKey

# EC2 looks the image up for each machine: none is looked up while planning, and a machine that is replaced
# comes back with the latest fixes. Source: "Use a Systems Manager parameter instead of an AMI ID".
IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
ROOT_DEVICE = "/dev/xvda"
DISK_GB = 8  # what the image takes at least
BURSTABLE = "t"
# What is tagged by a template and not by the group that uses it.
TAGGED = ("network-interface", "volume")


class WorkerTemplate(Construct):
    """An arm64 machine with Amazon Linux 2023 on an encrypted disk: no key pair, no public address.

    Its metadata is for itself only: tokens are required, and do not travel further than one hop.
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
        """`tags`: of all that a machine brings with it, because the provider's default tags end here."""
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
            iam_instance_profile=LaunchTemplateIamInstanceProfile(arn=role.arn),
            # The script stops a machine on which a step failed.
            instance_initiated_shutdown_behavior="terminate",
            # Out of credits a machine is slow, which can be seen; "unlimited" is a bill without a limit.
            credit_specification=(
                LaunchTemplateCreditSpecification(cpu_credits="standard") if burstable else None
            ),
            metadata_options=LaunchTemplateMetadataOptions(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            monitoring=LaunchTemplateMonitoring(enabled=detailed_monitoring),
            block_device_mappings=[
                LaunchTemplateBlockDeviceMappings(
                    device_name=ROOT_DEVICE,
                    ebs=LaunchTemplateBlockDeviceMappingsEbs(
                        volume_type="gp3",
                        volume_size=DISK_GB,
                        encrypted="true",
                        kms_key_id=key.arn,
                        delete_on_termination="true",
                    ),
                )
            ],
            tag_specifications=[
                LaunchTemplateTagSpecifications(resource_type=kind, tags=dict(tags)) for kind in TAGGED
            ],
        )
