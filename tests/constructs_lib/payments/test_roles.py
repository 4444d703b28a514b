"""Who may do what: every statement of every role."""

from __future__ import annotations

import re

import pytest

from constructs_lib.aws.security import iam
from tests.constructs_lib.conftest import Synthesized, environment, policy

Grant = tuple[tuple[str, ...], str]
STREAMS = ":log-stream:*"
TABLE = "<aws_dynamodb_table.Payments.arn>"
PEPPER = "<aws_secretsmanager_secret.Pepper.arn>"
AUDIT = "<aws_s3_bucket.Audit.arn>"
SETTLEMENTS = "<aws_sqs_queue.Settlements.arn>"
UNDELIVERED = "<aws_sqs_queue.Undelivered.arn>"
WEBHOOKS = "<aws_sqs_queue.Webhooks.arn>"
# Objects are named after their events, reports after their days.
AUDIT_FILES = (f"{AUDIT}/events/*", f"{AUDIT}/reconciliation/*")
# Why a role's statement names no single resource.
WILDCARDS: dict[Grant, str] = {
    (iam.TRACE_WRITE, "*"): "X-Ray takes no resource",
    (iam.NETWORK_INTERFACE, "*"): "Lambda checks for it before a network interface exists",
    (iam.SESSION_OPEN, "*"): "a session's channel is made when it is opened",
    (iam.METRIC_WRITE, "*"): "metrics are no resources; the namespace is a condition",
}


def _function(name: str) -> list[Grant]:
    """What every function may."""
    return [
        (iam.LOG_WRITE, f"<aws_cloudwatch_log_group.{name}LogGroup.arn>{STREAMS}"),
        (iam.TRACE_WRITE, "*"),
        (iam.NETWORK_INTERFACE, "*"),
    ]


def _index(*names: str) -> list[Grant]:
    return [
        (iam.TABLE_QUERY_BY_INDEX, TABLE),
        *((iam.TABLE_QUERY, f"{TABLE}/index/{name}") for name in names),
    ]


ROLES: dict[str, list[Grant]] = {
    "Authorizer": [*_function("Authorizer"), (iam.TABLE_READ, TABLE), (iam.SECRET_READ, PEPPER)],
    "EventHandler": [
        *_function("EventHandler"),
        (iam.BUCKET_PUT, f"{AUDIT}/events/*"),
        (iam.QUEUE_EVENT_SOURCE, "<aws_sqs_queue.Queue.arn>"),
    ],
    "Fleet_Machine": [
        (iam.SESSION_OPEN, "*"),
        (iam.METRIC_WRITE, "*"),
        (iam.PARAMETER_READ, "<aws_ssm_parameter.Fleet_Agent.arn>"),
        (iam.LOG_WRITE, f"<aws_cloudwatch_log_group.FleetLogGroup.arn>{STREAMS}"),
        (iam.BUCKET_READ, "<aws_s3_bucket.Artifacts.arn>/settlement-worker/<sha256>.zip"),
        (iam.QUEUE_CONSUME, SETTLEMENTS),
        *_index("by_merchant"),
        (iam.BUCKET_PUT, f"{AUDIT}/reconciliation/*"),
    ],
    "FlowLogs": [
        (iam.LOG_DELIVER, "<aws_cloudwatch_log_group.FlowLogGroup.arn>"),
        (iam.LOG_DELIVER, f"<aws_cloudwatch_log_group.FlowLogGroup.arn>{STREAMS}"),
    ],
    "Outbox": [
        (iam.STREAM_READ, "<aws_dynamodb_table.Payments.stream_arn>"),
        (iam.BUS_PUT_EVENTS, "<aws_cloudwatch_event_bus.Bus.arn>"),
        (iam.QUEUE_SEND, UNDELIVERED),
    ],
    "PaymentProcessor": [
        *_function("PaymentProcessor"),
        (iam.TABLE_READ_WRITE, TABLE),
        *_index("by_merchant", "by_status"),
        (iam.SECRET_READ, PEPPER),
    ],
    "Reconcile": [(iam.QUEUE_SEND, SETTLEMENTS), (iam.QUEUE_SEND, UNDELIVERED)],
    "Rotation": [*_function("Rotation"), (iam.SECRET_ROTATE, PEPPER)],
    "Sweep": [
        (iam.FUNCTION_INVOKE, "<aws_lambda_alias.Sweeper_Alias.arn>"),
        (iam.QUEUE_SEND, UNDELIVERED),
    ],
    "Sweeper": [
        *_function("Sweeper"),
        (iam.TABLE_READ_WRITE, TABLE),
        *_index("by_due"),
        (iam.QUEUE_SEND, WEBHOOKS),
    ],
    "WebhookSender": [
        *_function("WebhookSender"),
        (iam.TABLE_READ_WRITE, TABLE),
        (iam.TABLE_QUERY, TABLE),
        (iam.QUEUE_EVENT_SOURCE, WEBHOOKS),
    ],
}
# What actions and resources do not say of themselves.
STATEMENT_IDS = {
    "AdministeredThroughIam",
    "Assume",
    "DenyForeignKeys",
    "DenyKeysOfCallers",
    "DenyPlainHttp",
    "HandedToVolumes",
    "JoinNetwork",
    "OpenSessions",
    "Trace",
    "UsedBy",
    "UsedByLogs",
    "UsedByVolumes",
    "UsedToDeploy",
    "WriteMetrics",
}
CONDITIONS = {("Fleet_Machine", iam.METRIC_WRITE): {"StringEquals": {"cloudwatch:namespace": "CWAgent"}}}


@pytest.fixture(scope="module", params=["dev", "staging", "prod"])
def made(request: pytest.FixtureRequest) -> Synthesized:
    return environment(request.param)


def _granted(body: dict[str, str]) -> list[Grant]:
    text = re.sub(r"\b[0-9a-f]{64}\b", "<sha256>", body["policy"])
    return [(tuple(s["Action"]), resource) for s in policy(text) for resource in s["Resource"]]


def test_every_role_may_do_exactly_this(made: Synthesized) -> None:
    found = {
        name.removesuffix("_Role_Policy"): _granted(body)
        for name, body in made.all("aws_iam_role_policy").items()
    }
    assert found == ROLES
    assert {name.removesuffix("_Role") for name in made.all("aws_iam_role")} == ROLES.keys()


def test_a_role_has_no_policy_but_its_own(made: Synthesized) -> None:
    assert not made.types & {"aws_iam_role_policy_attachment", "aws_iam_policy", "aws_iam_user"}


def test_a_statement_allows_and_its_condition_is_known(made: Synthesized) -> None:
    for name, body in made.all("aws_iam_role_policy").items():
        for statement in policy(body["policy"]):
            assert statement["Effect"] == "Allow"
            known = CONDITIONS.get((name.removesuffix("_Role_Policy"), tuple(statement["Action"])))
            assert statement.get("Condition") == known, name


def test_no_action_is_a_wildcard_and_each_wildcard_resource_has_its_reason() -> None:
    for role, grants in ROLES.items():
        for actions, resource in grants:
            assert not [action for action in actions if "*" in action], role
            if "*" in resource.removesuffix(STREAMS) and resource not in AUDIT_FILES:
                assert WILDCARDS[actions, resource]


def test_only_the_log_groups_streams_and_the_audit_files_are_named_by_their_prefix() -> None:
    prefixes = {r for grants in ROLES.values() for _, r in grants if r.endswith("*") and r != "*"}
    assert all(prefix.endswith((STREAMS, *AUDIT_FILES)) for prefix in prefixes)


def test_no_policy_depends_on_what_a_construct_is_called(made: Synthesized) -> None:
    """A renamed construct is a move, and nothing else: its name is in no policy but by reference."""
    documents = [
        text
        for bodies in made.json["resource"].values()
        for body in bodies.values()
        for name, text in body.items()
        if name in {"policy", "assume_role_policy"} and "Statement" in text
    ]
    ids = {statement.get("Sid", "") for text in documents for statement in policy(text)}
    assert len(documents) > 20
    assert ids == {"", *STATEMENT_IDS}
