from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.errors import Problem
from ops.estate.adopt.live import LiveResources
from ops.estate.adopt.match import Match, Matcher
from ops.estate.adopt.stack_resources import Stack
from ops.terraform.states import Instance
from tests.ops.estate.support import CONSTANTS, NO_AWS, instance, stack

ACCOUNT = "${data.aws_caller_identity.I.account_id}"


def matched(
    resources: Stack, *estate: Instance, ids: Mapping[str, str] | None = None, live: LiveResources = NO_AWS
) -> dict[str, Match]:
    return {it.resource.address: it for it in Matcher(resources, estate, live, ids or {}).matches()}


def found(matches: Mapping[str, Match]) -> dict[str, tuple[str | None, str]]:
    return {address: (it.id, it.how) for address, it in matches.items() if it.instance}


def test_equal_names_match_also_where_ours_is_built_of_the_account() -> None:
    resources = stack(aws_s3_bucket={"A": {"bucket": f"audit-{ACCOUNT}"}, "B": {"bucket": "other"}})
    matches = matched(
        resources,
        instance("aws_s3_bucket.x", bucket="audit-000000000000"),
        instance("aws_s3_bucket.y", bucket="third"),
    )
    assert found(matches) == {
        "aws_s3_bucket.A": ("audit-000000000000", "same name"),
        "aws_s3_bucket.B": ("third", "the only one"),
    }


def test_what_nothing_decides_is_ambiguous_and_never_guessed() -> None:
    resources = stack(aws_sqs_queue={"A": {"name": "a"}, "B": {"name": "b"}}, aws_vpc={"V": {}})
    matches = matched(resources, instance("aws_sqs_queue.x", name="x", url="u"))
    assert {address: it.state for address, it in matches.items()} == {
        "aws_sqs_queue.A": "ambiguous",
        "aws_sqs_queue.B": "ambiguous",
        "aws_vpc.V": "missing",
    }
    assert [one.address for one in matches["aws_sqs_queue.A"].candidates] == ["aws_sqs_queue.x"]


def test_what_the_file_says_decides_and_what_refers_follows() -> None:
    resources = stack(
        aws_sqs_queue={
            "Q": {"name": "q", "redrive_policy": '${jsonencode({"to" = aws_sqs_queue.D.arn})}'},
            "D": {"name": "d"},
        },
    )
    estate = (
        instance("aws_sqs_queue.x", name="x", url="u/x", arn="arn:x", redrive_policy='{"to":"arn:y"}'),
        instance("aws_sqs_queue.y", name="y", url="u/y", arn="arn:y", redrive_policy=""),
        instance("aws_sqs_queue.z", name="z", url="u/z", arn="arn:z", redrive_policy=""),
    )
    assert found(matched(resources, *estate, ids={"aws_sqs_queue.Q": "u/x"})) == {
        "aws_sqs_queue.Q": ("u/x", "listed in the environment file"),
        "aws_sqs_queue.D": ("u/y", "a found resource refers to it"),
    }


def test_an_id_that_no_state_knows_is_believed() -> None:
    resources = stack(aws_vpc={"V": {}}, aws_sqs_queue={"A": {"name": "a"}})
    matches = matched(resources, ids={"aws_vpc.V": "vpc-1"})
    assert found(matches) == {"aws_vpc.V": ("vpc-1", "listed in the environment file")}


def test_a_part_is_found_with_what_it_is_a_part_of() -> None:
    resources = stack(
        aws_iam_role={"R": {"name": "r"}, "S": {"name": "s"}},
        aws_iam_role_policy={
            "P": {"name": "grants", "role": "${aws_iam_role.R.name}"},
            "O": {"name": "grants", "role": "${aws_iam_role.S.name}"},
        },
    )
    estate = (
        instance("aws_iam_role.r", name="r"),
        instance("aws_iam_role_policy.a", name="access", role="r"),
        instance("aws_iam_role_policy.b", name="access", role="elsewhere"),
    )
    assert found(matched(resources, *estate)) == {
        "aws_iam_role.R": ("r", "same name"),
        "aws_iam_role_policy.P": ("r:access", "the only one"),
    }


def test_what_a_bucket_says_itself_in_the_old_style_is_looked_for_in_aws() -> None:
    buckets: list[str] = []

    class S3:
        def can_paginate(self, _: str) -> bool:
            return False

        def get_bucket_versioning(self, Bucket: str) -> dict[str, str]:
            buckets.append(Bucket)
            return {"Status": "Enabled"}

    resources = stack(
        aws_s3_bucket={"A": {"bucket": "ours"}},
        aws_s3_bucket_versioning={"V": {"bucket": "${aws_s3_bucket.A.id}"}},
    )
    estate = instance("aws_s3_bucket.x", bucket="acme", id="acme")
    matches = matched(resources, estate, live=LiveResources(lambda _: S3()))
    assert found(matches)["aws_s3_bucket_versioning.V"] == ("acme", "part of a found resource")
    assert buckets == ["acme"]


def test_a_thing_that_is_never_imported_is_not_even_looked_for() -> None:
    resources = stack(aws_secretsmanager_secret_version={"V": {}})
    assert matched(resources, instance("aws_secretsmanager_secret_version.x", secret_id="s")) == {}


class Aws:
    """Returns prepared responses by operation, and records the calls."""

    def __init__(self, **responses: Any) -> None:
        self.responses = responses
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def can_paginate(self, operation: str) -> bool:
        return operation.startswith("list")

    def get_paginator(self, operation: str) -> Any:
        call = getattr(self, operation)

        class Pages:
            def paginate(self, **parameters: Any) -> Any:
                result = call(**parameters)
                return type("Result", (), {"build_full_result": lambda _: result})()

        return Pages()

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> Any:
            self.calls.append((operation, parameters))
            response = self.responses[operation]
            if isinstance(response, str):
                raise ClientError({"Error": {"Code": response}}, operation)
            return response

        return call


def live(resources: Stack, aws: Aws) -> dict[str, tuple[str | None, str]]:
    matches = Matcher(resources, None, LiveResources(lambda _: aws), {}).matches()
    return found({it.resource.address: it for it in matches})


def test_live_aws_is_asked_by_name_and_what_refers_tells_the_key() -> None:
    resources = stack(
        aws_kms_alias={"A": {"name": "alias/x", "target_key_id": "${aws_kms_key.K.key_id}"}},
        aws_kms_key={"K": {}},
        aws_dynamodb_table={"T": {"name": "t"}},
        aws_sqs_queue={"Q": {"name": "q"}},
    )
    aws = Aws(
        list_aliases={
            "Aliases": [
                {"AliasName": "alias/x", "TargetKeyId": "k-1"},
                {"AliasName": "alias/y", "TargetKeyId": "k-2"},
            ]
        },
        list_keys={"Keys": [{"KeyId": "k-1", "KeyArn": "arn:k-1"}, {"KeyId": "k-2", "KeyArn": "arn:k-2"}]},
        describe_table="ResourceNotFoundException",
        get_queue_url={"QueueUrl": "https://sqs/q"},
    )
    assert live(resources, aws) == {
        "aws_kms_alias.A": ("alias/x", "same name"),
        "aws_kms_key.K": ("k-1", "a found resource refers to it"),
        "aws_sqs_queue.Q": ("https://sqs/q", "same name"),
    }
    assert len(aws.calls) == 4  # each once


def test_json_within_an_answer_is_read() -> None:
    resources = stack(
        aws_lambda_permission={"P": {"function_name": "f", "qualifier": "live", "principal": "p"}},
    )
    statement = {"Sid": "s", "Principal": {"Service": "p"}}
    aws = Aws(get_policy={"Policy": json.dumps({"Statement": [statement]})})
    assert live(resources, aws) == {"aws_lambda_permission.P": ("f:live/s", "the only one")}


def test_credentials_that_may_not_look_are_a_problem() -> None:
    resources = stack(aws_dynamodb_table={"T": {"name": "t"}})
    with pytest.raises(Problem, match=r"lack a permission: dynamodb\.describe_table was refused"):
        live(resources, Aws(describe_table="AccessDeniedException"))
    with pytest.raises(ClientError):
        live(resources, Aws(describe_table="InternalServerError"))


def test_ours_says_what_it_refers_to_and_what_that_comes_to() -> None:
    resources = stack(
        aws_sns_topic={"T": {"name": "t", "kms_master_key_id": "${aws_kms_key.K.arn}", "tags": {"a": "b"}}},
        aws_kms_key={"K": {}},
    )
    topic = resources.resources["aws_sns_topic.T"]
    assert topic.mentions("kms_master_key_id") == {"aws_kms_key.K"}
    assert [(it.address, name) for it, name in resources.referring("aws_kms_key.K")] == [
        ("aws_sns_topic.T", "kms_master_key_id")
    ]
    known = {"name": "t", "tags": {"a": "b"}, **CONSTANTS}
    assert resources.attributes(topic, {}) == known
    assert resources.attributes(topic, {"aws_kms_key.K": {"arn": "arn:k"}}) == {
        **known,
        "kms_master_key_id": "arn:k",
    }
