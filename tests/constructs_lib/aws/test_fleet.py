import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.aws.compute.artifact_bucket import Artifact, ArtifactBucket
from constructs_lib.aws.compute.fleet import Fleet
from constructs_lib.aws.log_group import LogGroup
from constructs_lib.aws.messaging.event_bus import EventRule
from constructs_lib.aws.messaging.queue import DeadLetterQueue
from constructs_lib.aws.network.security_group import SecurityGroup
from constructs_lib.aws.security.key import Key
from tests.constructs_lib.conftest import Builder, Synthesized, environment, policy

TAGS = {"Environment": "dev", "Team": "core"}


def _build(folder: Path, **arguments: Any) -> tuple[Builder, Fleet, Artifact]:
    build = Builder()
    arguments.setdefault("instance_types", ["t4g.micro", "t4g.small"])
    arguments.setdefault("spot", True)
    (folder / "app.py").write_text("print()\n")
    key = build.key()
    network = build.network()
    bucket = ArtifactBucket(build.stack, "Artifacts", name="artifacts", key=key)
    artifact = Artifact(
        build.stack, "Worker", name="worker", bucket=bucket, sources={"app.py": folder / "app.py"}
    )
    fleet = Fleet(
        build.stack,
        "Fleet",
        name="payments-dev-fleet",
        min_size=1,
        max_size=2,
        desired_capacity=1,
        on_demand_base=1,
        artifact=artifact,
        module="app",
        environment={"TABLE_NAME": "payments-dev"},
        agent_parameter="/payments/dev/fleet/agent",
        log_group=LogGroup(build.stack, "Log", name="l", key=key, retention=timedelta(days=30)),
        network=network,
        security_group=SecurityGroup(build.stack, "Sg", name="s", description="d", network=network),
        key=key,
        region="eu-west-1",
        tags=TAGS,
        **arguments,
    )
    return build, fleet, artifact


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return _build(tmp_path_factory.mktemp("fleet"))[0].synth()


@pytest.mark.parametrize(
    ("name", "sizes", "types", "base", "monitored"),
    [
        ("dev", (1, 2, 1), ["t4g.micro", "t4g.small"], 1, False),
        ("staging", (1, 3, 2), ["t4g.micro", "t4g.small"], 1, False),
        ("prod", (2, 10, 3), ["m7g.medium", "m6g.medium"], 2, True),
    ],
)
def test_a_fleet_has_the_size_and_the_machines_of_its_environment(
    name: str, sizes: tuple[int, int, int], types: list[str], base: int, monitored: bool
) -> None:
    made = environment(name)
    group = made.one("aws_autoscaling_group")
    assert (group["min_size"], group["max_size"], group["desired_capacity"]) == sizes
    policy = group["mixed_instances_policy"]
    assert policy["launch_template"]["override"] == [{"instance_type": kind} for kind in types]
    assert policy["instances_distribution"]["on_demand_base_capacity"] == base
    assert made.one("aws_launch_template")["monitoring"] == {"enabled": monitored}


def test_a_group_replaces_its_workers_one_after_the_other(made: Synthesized) -> None:
    group = made.one("aws_autoscaling_group")
    waits = group.pop("depends_on")
    assert group == {
        "name": "payments-dev-fleet",
        "min_size": 1,
        "max_size": 2,
        "desired_capacity": 1,
        "lifecycle": {"ignore_changes": ["desired_capacity"]},
        "vpc_zone_identifier": ["${aws_subnet.Network_PrivateSubnetA.id}"],
        "service_linked_role_arn": "${aws_iam_service_linked_role.Fleet_Launcher.arn}",
        "mixed_instances_policy": {
            "instances_distribution": {
                "on_demand_base_capacity": 1,
                "on_demand_percentage_above_base_capacity": 0,
                "on_demand_allocation_strategy": "prioritized",
                "spot_allocation_strategy": "price-capacity-optimized",
            },
            "launch_template": {
                "launch_template_specification": {
                    "launch_template_id": "${aws_launch_template.Fleet_Template.id}",
                    "version": "${aws_launch_template.Fleet_Template.latest_version}",
                },
                "override": [{"instance_type": "t4g.micro"}, {"instance_type": "t4g.small"}],
            },
        },
        "capacity_rebalance": True,
        "health_check_type": "EC2",
        "health_check_grace_period": 300,
        "default_instance_warmup": 300,
        "max_instance_lifetime": 2592000,
        "instance_maintenance_policy": {"min_healthy_percentage": 100, "max_healthy_percentage": 110},
        "instance_refresh": {"strategy": "Rolling"},
        "enabled_metrics": ["GroupDesiredCapacity", "GroupInServiceInstances"],
        "tag": [
            {"key": "Environment", "value": "dev", "propagate_at_launch": True},
            {"key": "Team", "value": "core", "propagate_at_launch": True},
            {"key": "Name", "value": "payments-dev-fleet", "propagate_at_launch": True},
        ],
    }
    assert {
        "aws_s3_object.Worker",
        "aws_iam_role_policy.Fleet_Machine_Role_Policy",
        "aws_route.Network_PrivateADefaultRoute",
        "aws_route_table_association.Network_PrivateAssociationA",
        "aws_vpc_endpoint.Network_EndpointS3",
    } <= set(waits)


def test_without_spot_every_worker_is_on_demand(tmp_path: Path) -> None:
    group = _build(tmp_path, spot=False)[0].synth().one("aws_autoscaling_group")
    distribution = group["mixed_instances_policy"]["instances_distribution"]
    assert distribution["on_demand_percentage_above_base_capacity"] == 100
    assert group["capacity_rebalance"] is False


def test_a_machine_keeps_its_metadata_to_itself_and_its_disk_is_encrypted_with_our_key(
    made: Synthesized,
) -> None:
    template = made.one("aws_launch_template")
    script = template.pop("user_data")
    assert script.startswith('${base64encode("#!/bin/bash\\n')
    tags = {**TAGS, "Name": "payments-dev-fleet"}
    assert template == {
        "name": "payments-dev-fleet",
        "image_id": ("resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"),
        "update_default_version": True,
        "vpc_security_group_ids": ["${aws_security_group.Sg.id}"],
        "iam_instance_profile": {"arn": "${aws_iam_instance_profile.Fleet_Machine.arn}"},
        "instance_initiated_shutdown_behavior": "terminate",
        "credit_specification": {"cpu_credits": "standard"},
        "metadata_options": {
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 1,
        },
        "monitoring": {"enabled": False},
        "block_device_mappings": [
            {
                "device_name": "/dev/xvda",
                "ebs": {
                    "volume_type": "gp3",
                    "volume_size": 8,
                    "encrypted": "true",
                    "kms_key_id": "${aws_kms_key.Key.arn}",
                    "delete_on_termination": "true",
                },
            }
        ],
        "tag_specifications": [
            {"resource_type": "network-interface", "tags": tags},
            {"resource_type": "volume", "tags": tags},
        ],
    }


def test_machines_that_have_no_cpu_credits_are_given_none(tmp_path: Path) -> None:
    build, _, _ = _build(tmp_path, instance_types=["m7g.medium"])
    assert "credit_specification" not in build.synth().one("aws_launch_template")


def test_a_change_of_code_or_of_the_agents_configuration_makes_other_machines(tmp_path: Path) -> None:
    build, _, artifact = _build(tmp_path)
    script = build.synth().one("aws_launch_template")["user_data"]
    assert f"--key 'worker/{artifact.sha256}.zip'" in script
    assert f"{artifact.sha256}  /opt/worker.zip" in script
    assert "${aws_ssm_parameter.Fleet_Agent.version}" in script


def test_machines_may_open_sessions_write_their_metrics_and_logs_and_read_their_code(tmp_path: Path) -> None:
    build, _, artifact = _build(tmp_path)
    made = build.synth()
    assert made.one("aws_iam_instance_profile") == {
        "name": "payments-dev-fleet",
        "role": "${aws_iam_role.Fleet_Machine_Role.name}",
    }
    [trust] = policy(made.one("aws_iam_role")["assume_role_policy"])
    assert trust["Principal"] == {"Service": "ec2.amazonaws.com"}
    statements = policy(made.one("aws_iam_role_policy")["policy"])
    assert [(s["Action"], s["Resource"], s.get("Condition")) for s in statements] == [
        (
            [
                "ssm:UpdateInstanceInformation",
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
            ],
            ["*"],
            None,
        ),
        (["cloudwatch:PutMetricData"], ["*"], {"StringEquals": {"cloudwatch:namespace": "CWAgent"}}),
        (["ssm:GetParameter"], ["<aws_ssm_parameter.Fleet_Agent.arn>"], None),
        (
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            ["<aws_cloudwatch_log_group.Log.arn>:log-stream:*"],
            None,
        ),
        (["s3:GetObject"], [f"<aws_s3_bucket.Artifacts.arn>/{artifact.key}"], None),
    ]


def test_what_is_granted_to_the_fleet_is_granted_to_its_machines(tmp_path: Path) -> None:
    build, fleet, _ = _build(tmp_path)
    key = build.stack.node.find_child("Key")
    assert isinstance(key, Key)
    queue = DeadLetterQueue(build.stack, "Queue", name="q", key=key)
    queue.grant_send(fleet)
    made = build.synth()
    last = policy(made.one("aws_iam_role_policy")["policy"])[-1]
    assert (last["Action"], last["Resource"]) == (["sqs:SendMessage"], ["<aws_sqs_queue.Queue.arn>"])
    users = policy(made.one("aws_kms_key")["policy"])[-1]
    assert users["Principal"] == {"AWS": ["<aws_iam_role.Fleet_Machine_Role.arn>"]}


def test_the_key_admits_the_role_that_starts_this_fleet_and_no_other(made: Synthesized) -> None:
    assert made.one("aws_iam_service_linked_role") == {
        "aws_service_name": "autoscaling.amazonaws.com",
        "custom_suffix": "payments-dev-fleet",
        "description": "Starts the machines of payments-dev-fleet",
    }
    launcher = {"AWS": "<aws_iam_service_linked_role.Fleet_Launcher.arn>"}
    statements = {s["Sid"]: s for s in policy(made.one("aws_kms_key")["policy"])}
    assert statements["UsedByVolumes"] == {
        "Sid": "UsedByVolumes",
        "Effect": "Allow",
        "Principal": launcher,
        "Action": [
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ],
        "Resource": ["*"],
    }
    assert statements["HandedToVolumes"] == {
        "Sid": "HandedToVolumes",
        "Effect": "Allow",
        "Principal": launcher,
        "Action": ["kms:CreateGrant"],
        "Resource": ["*"],
        "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
    }


def test_the_agent_publishes_memory_once_for_the_whole_group(made: Synthesized) -> None:
    parameter = made.one("aws_ssm_parameter")
    assert (parameter["name"], parameter["type"]) == ("/payments/dev/fleet/agent", "String")
    configuration = _json(parameter["value"])
    assert configuration["agent"] == {"metrics_collection_interval": 60, "omit_hostname": True}
    assert configuration["metrics"] == {
        "namespace": "CWAgent",
        "metrics_collected": {
            "mem": {
                "measurement": ["mem_used_percent"],
                "append_dimensions": {"AutoScalingGroupName": "payments-dev-fleet"},
            }
        },
    }
    files = configuration["logs"]["logs_collected"]["files"]["collect_list"]
    assert [(file["file_path"], file["log_stream_name"]) for file in files] == [
        ("/var/log/worker/worker.log", "{instance_id}"),
        ("/var/log/cloud-init-output.log", "{instance_id}/boot"),
    ]


def _json(expression: str) -> dict[str, Any]:
    text = expression.removeprefix("${jsonencode(").removesuffix(")}").replace('" = ', '": ')
    text = text.replace("aws_cloudwatch_log_group.Log.name", '"l"')
    value: dict[str, Any] = json.loads(text)
    return value


def test_failures_of_this_fleet_and_of_no_other_can_be_routed(tmp_path: Path) -> None:
    build, fleet, _ = _build(tmp_path)
    key = build.stack.node.find_child("Key")
    assert isinstance(key, Key)
    undelivered = DeadLetterQueue(build.stack, "Undelivered", name="u", key=key)
    EventRule(
        build.stack, "Rule", name="r", description="d", pattern=fleet.failures, dead_letters=undelivered
    )
    assert _json(build.synth().one("aws_cloudwatch_event_rule")["event_pattern"]) == {
        "source": ["aws.autoscaling"],
        "detail-type": [
            "EC2 Auto Scaling Instance Refresh Failed",
            "EC2 Instance Launch Unsuccessful",
            "EC2 Instance Terminate Unsuccessful",
        ],
        "detail": {"AutoScalingGroupName": ["payments-dev-fleet"]},
    }


def test_a_fleet_is_scaled_on_cpu_and_on_memory(tmp_path: Path) -> None:
    made = _build(tmp_path, cpu_percent=55, memory_percent=75)[0].synth()
    group = "${aws_autoscaling_group.Fleet.name}"
    shared = {"autoscaling_group_name": group, "policy_type": "TargetTrackingScaling"}
    assert made.all("aws_autoscaling_policy") == {
        "Fleet_Scaling_Cpu": {
            "name": "payments-dev-fleet-cpu",
            **shared,
            "target_tracking_configuration": {
                "target_value": 55,
                "predefined_metric_specification": {"predefined_metric_type": "ASGAverageCPUUtilization"},
            },
        },
        "Fleet_Scaling_Memory": {
            "name": "payments-dev-fleet-memory",
            **shared,
            "target_tracking_configuration": {
                "target_value": 75,
                "customized_metric_specification": {
                    "namespace": "CWAgent",
                    "metric_name": "mem_used_percent",
                    "statistic": "Average",
                    "metric_dimension": [{"name": "AutoScalingGroupName", "value": group}],
                },
            },
        },
    }


def test_the_code_of_machines_lies_in_a_bucket_that_goes_with_its_content(tmp_path: Path) -> None:
    build, _, artifact = _build(tmp_path)
    made = build.synth()
    source = made.one("aws_s3_object").pop("source")
    assert source.endswith("/worker.zip")
    assert {k: v for k, v in made.one("aws_s3_object").items() if k != "source"} == {
        "bucket": "${aws_s3_bucket.Artifacts.bucket}",
        "key": f"worker/{artifact.sha256}.zip",
        "content_type": "application/zip",
        "server_side_encryption": "aws:kms",
        "kms_key_id": "${aws_kms_key.Key.arn}",
    }
    assert made.one("aws_s3_bucket") == {"bucket": "artifacts", "force_destroy": True}
    rules = {rule["id"]: rule for rule in made.one("aws_s3_bucket_lifecycle_configuration")["rule"]}
    assert rules["forget-old-versions"]["noncurrent_version_expiration"] == [{"noncurrent_days": 30}]
    assert rules["drop-unfinished-uploads"]["abort_incomplete_multipart_upload"] == [
        {"days_after_initiation": 1}
    ]
