from datetime import timedelta
from pathlib import Path

import pytest
from cdktf import App

from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.compute.packaging import build_zip
from constructs_lib.aws.log_group import LogGroup
from constructs_lib.aws.messaging.queue import Queue
from constructs_lib.aws.network.security_group import SecurityGroup
from constructs_lib.aws.security.key import Key
from constructs_lib.aws.security.role import Role
from tests.constructs_lib.conftest import Builder, policy


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Path]:
    package = tmp_path / "package"
    package.mkdir()
    (package / "app.py").write_text("def handler(event, context):\n    return event\n")
    return {"package": package}


@pytest.fixture
def function(build: Builder, sources: dict[str, Path]) -> Function:
    network = build.network()
    return Function(
        build.stack,
        "Handler",
        name="payments-dev-handler",
        sources=sources,
        handler="package.app.handler",
        memory_mb=512,
        timeout=timedelta(seconds=30),
        environment={"TABLE_NAME": "t"},
        log_group=LogGroup(
            build.stack, "Log", name="/aws/lambda/h", key=build.key(), retention=timedelta(days=30)
        ),
        network=network,
        security_group=SecurityGroup(build.stack, "Sg", name="s", description="d", network=network),
    )


def test_a_function_is_python_on_arm64_in_the_private_subnets_and_logs_json(
    build: Builder, function: Function, sources: dict[str, Path], tmp_path: Path
) -> None:
    made = build.synth().one("aws_lambda_function")
    archive = build_zip(sources, tmp_path / "again.zip")
    assert made.pop("filename").startswith("assets/Handler_Code/")
    assert made == {
        "function_name": "payments-dev-handler",
        "role": "${aws_iam_role.Handler_Role.arn}",
        "runtime": "python3.13",
        "architectures": ["arm64"],
        "handler": "package.app.handler",
        "source_code_hash": archive.hash,
        "memory_size": 512,
        "timeout": 30,
        "environment": {"variables": {"TABLE_NAME": "t"}},
        "publish": True,
        "tracing_config": {"mode": "Active"},
        "vpc_config": {
            "subnet_ids": ["${aws_subnet.Network_PrivateSubnetA.id}"],
            "security_group_ids": ["${aws_security_group.Sg.id}"],
        },
        "logging_config": {
            "log_group": "${aws_cloudwatch_log_group.Log.name}",
            "log_format": "JSON",
            "application_log_level": "INFO",
            "system_log_level": "WARN",
        },
        "depends_on": ["aws_iam_role_policy.Handler_Role_Policy"],
    }


def test_the_zip_that_is_synthesized_is_the_one_that_was_hashed(
    build: Builder, function: Function, sources: dict[str, Path], tmp_path: Path
) -> None:
    made = App.of(build.stack)
    made.synth()
    folder = Path(made.outdir) / "stacks" / "t"
    [asset] = folder.glob("assets/Handler_Code*/*/*.zip")
    assert asset.read_bytes() == build_zip(sources, tmp_path / "again.zip").path.read_bytes()


def test_callers_use_the_alias_of_the_published_version(build: Builder, function: Function) -> None:
    assert build.synth().one("aws_lambda_alias") == {
        "name": "live",
        "function_name": "${aws_lambda_function.Handler.function_name}",
        "function_version": "${aws_lambda_function.Handler.version}",
    }


def test_a_new_function_may_only_log_trace_and_join_the_network(build: Builder, function: Function) -> None:
    statements = policy(build.synth().one("aws_iam_role_policy")["policy"])
    assert [(s["Action"], s["Resource"]) for s in statements] == [
        (["logs:CreateLogStream", "logs:PutLogEvents"], ["<aws_cloudwatch_log_group.Log.arn>:log-stream:*"]),
        (["xray:PutTelemetryRecords", "xray:PutTraceSegments"], ["*"]),
        (
            [
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses",
            ],
            ["*"],
        ),
    ]


def test_a_service_may_call_the_alias_for_one_source_only(build: Builder, function: Function) -> None:
    function.allow_invoke("FromApi", service="apigateway.amazonaws.com", source_arn="arn:x")
    assert build.synth().one("aws_lambda_permission") == {
        "action": "lambda:InvokeFunction",
        "function_name": "${aws_lambda_function.Handler.function_name}",
        "qualifier": "${aws_lambda_alias.Handler_Alias.name}",
        "principal": "apigateway.amazonaws.com",
        "source_arn": "arn:x",
    }


def test_a_role_may_be_granted_to_call_the_alias(build: Builder, function: Function) -> None:
    role = Role(build.stack, "Caller", name="c", service="scheduler.amazonaws.com")
    function.grant_invoke(role)
    [statement] = policy(build.synth().named("aws_iam_role_policy", "Caller_Policy")["policy"])
    assert statement["Action"] == ["lambda:InvokeFunction"]
    assert statement["Resource"] == ["<aws_lambda_alias.Handler_Alias.arn>"]


def test_consuming_a_queue_returns_only_failed_messages_and_grants_what_it_takes(
    build: Builder, function: Function
) -> None:
    key = build.stack.node.find_child("Key")
    assert isinstance(key, Key)
    queue = Queue(
        build.stack,
        "Queue",
        name="q",
        key=key,
        visibility_timeout=timedelta(minutes=6),
        max_receives=5,
        retention=timedelta(days=4),
    )
    function.consume(queue, batch_size=10, max_concurrency=5)
    made = build.synth()
    assert made.one("aws_lambda_event_source_mapping") == {
        "event_source_arn": "${aws_sqs_queue.Queue.arn}",
        "function_name": "${aws_lambda_alias.Handler_Alias.arn}",
        "batch_size": 10,
        "function_response_types": ["ReportBatchItemFailures"],
        "scaling_config": {"maximum_concurrency": 5},
        "depends_on": ["aws_iam_role_policy.Handler_Role_Policy"],
    }
    granted = policy(made.one("aws_iam_role_policy")["policy"])[-1]
    assert granted["Action"] == ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    assert granted["Resource"] == ["<aws_sqs_queue.Queue.arn>"]
