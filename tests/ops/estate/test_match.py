from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.errors import Problem
from ops.estate.adopt.live import Live
from ops.estate.adopt.match import Match, Matcher
from ops.estate.adopt.ours import Stack
from ops.terraform.states import Instance
from tests.ops.estate.support import NOWHERE, PLACE, stack, thing

ACCOUNT = "${data.aws_caller_identity.I.account_id}"


def matched(
    ours: Stack, *estate: Instance, said: Mapping[str, str] | None = None, live: Live = NOWHERE
) -> dict[str, Match]:
    return {it.ours.address: it for it in Matcher(ours, estate, live, said or {}).matches()}


def found(matches: Mapping[str, Match]) -> dict[str, tuple[str | None, str]]:
    return {address: (it.id, it.how) for address, it in matches.items() if it.instance}


def test_equal_names_match_also_where_ours_is_built_of_the_account() -> None:
    ours = stack(aws_s3_bucket={"A": {"bucket": f"audit-{ACCOUNT}"}, "B": {"bucket": "other"}})
    matches = matched(
        ours,
        thing("aws_s3_bucket.x", bucket="audit-000000000000"),
        thing("aws_s3_bucket.y", bucket="third"),
    )
    assert found(matches) == {
        "aws_s3_bucket.A": ("audit-000000000000", "same name"),
        "aws_s3_bucket.B": ("third", "the only one"),
    }


def test_what_nothing_decides_is_ambiguous_and_never_guessed() -> None:
    ours = stack(aws_sqs_queue={"A": {"name": "a"}, "B": {"name": "b"}}, aws_vpc={"V": {}})
    matches = matched(ours, thing("aws_sqs_queue.x", name="x", url="u"))
    assert {address: it.state for address, it in matches.items()} == {
        "aws_sqs_queue.A": "ambiguous",
        "aws_sqs_queue.B": "ambiguous",
        "aws_vpc.V": "missing",
    }
    assert [one.address for one in matches["aws_sqs_queue.A"].candidates] == ["aws_sqs_queue.x"]


def test_what_the_file_says_decides_and_what_refers_follows() -> None:
    ours = stack(
        aws_sqs_queue={
            "Q": {"name": "q", "redrive_policy": '${jsonencode({"to" = aws_sqs_queue.D.arn})}'},
            "D": {"name": "d"},
        },
    )
    estate = (
        thing("aws_sqs_queue.x", name="x", url="u/x", arn="arn:x", redrive_policy='{"to":"arn:y"}'),
        thing("aws_sqs_queue.y", name="y", url="u/y", arn="arn:y", redrive_policy=""),
        thing("aws_sqs_queue.z", name="z", url="u/z", arn="arn:z", redrive_policy=""),
    )
    assert found(matched(ours, *estate, said={"aws_sqs_queue.Q": "u/x"})) == {
        "aws_sqs_queue.Q": ("u/x", "the environment file says so"),
        "aws_sqs_queue.D": ("u/y", "what is found refers to it"),
    }


def test_an_id_that_no_state_knows_is_believed() -> None:
    ours = stack(aws_vpc={"V": {}}, aws_sqs_queue={"A": {"name": "a"}})
    matches = matched(ours, said={"aws_vpc.V": "vpc-1"})
    assert found(matches) == {"aws_vpc.V": ("vpc-1", "the environment file says so")}


def test_a_part_is_found_with_what_it_is_a_part_of() -> None:
    ours = stack(
        aws_iam_role={"R": {"name": "r"}, "S": {"name": "s"}},
        aws_iam_role_policy={
            "P": {"name": "grants", "role": "${aws_iam_role.R.name}"},
            "O": {"name": "grants", "role": "${aws_iam_role.S.name}"},
        },
    )
    estate = (
        thing("aws_iam_role.r", name="r"),
        thing("aws_iam_role_policy.a", name="access", role="r"),
        thing("aws_iam_role_policy.b", name="access", role="elsewhere"),
    )
    assert found(matched(ours, *estate)) == {
        "aws_iam_role.R": ("r", "same name"),
        "aws_iam_role_policy.P": ("r:access", "the only one"),
    }


def test_what_a_bucket_says_itself_in_the_old_style_is_looked_for_in_aws() -> None:
    asked: list[str] = []

    class S3:
        def can_paginate(self, _: str) -> bool:
            return False

        def get_bucket_versioning(self, Bucket: str) -> dict[str, str]:
            asked.append(Bucket)
            return {"Status": "Enabled"}

    ours = stack(
        aws_s3_bucket={"A": {"bucket": "ours"}},
        aws_s3_bucket_versioning={"V": {"bucket": "${aws_s3_bucket.A.id}"}},
    )
    estate = thing("aws_s3_bucket.x", bucket="acme", id="acme")
    matches = matched(ours, estate, live=Live(lambda _: S3()))
    assert found(matches)["aws_s3_bucket_versioning.V"] == ("acme", "part of what is found")
    assert asked == ["acme"]


def test_a_thing_that_is_never_imported_is_not_even_looked_for() -> None:
    ours = stack(aws_secretsmanager_secret_version={"V": {}})
    assert matched(ours, thing("aws_secretsmanager_secret_version.x", secret_id="s")) == {}


class Aws:
    """Answers of a few operations, by name."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def can_paginate(self, operation: str) -> bool:
        return operation.startswith("list")

    def get_paginator(self, operation: str) -> Any:
        answer = getattr(self, operation)

        class Pages:
            def paginate(self, **given: Any) -> Any:
                result = answer(**given)
                return type("Result", (), {"build_full_result": lambda _: result})()

        return Pages()

    def __getattr__(self, operation: str) -> Any:
        def answer(**given: Any) -> Any:
            self.asked.append((operation, given))
            said = self.answers[operation]
            if isinstance(said, str):
                raise ClientError({"Error": {"Code": said}}, operation)
            return said

        return answer


def live(ours: Stack, aws: Aws) -> dict[str, tuple[str | None, str]]:
    matches = Matcher(ours, None, Live(lambda _: aws), {}).matches()
    return found({it.ours.address: it for it in matches})


def test_live_aws_is_asked_by_name_and_what_refers_tells_the_key() -> None:
    ours = stack(
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
    assert live(ours, aws) == {
        "aws_kms_alias.A": ("alias/x", "same name"),
        "aws_kms_key.K": ("k-1", "what is found refers to it"),
        "aws_sqs_queue.Q": ("https://sqs/q", "same name"),
    }
    assert len(aws.asked) == 4  # each once


def test_json_within_an_answer_is_read() -> None:
    ours = stack(
        aws_lambda_permission={"P": {"function_name": "f", "qualifier": "live", "principal": "p"}},
    )
    statement = {"Sid": "s", "Principal": {"Service": "p"}}
    aws = Aws(get_policy={"Policy": json.dumps({"Statement": [statement]})})
    assert live(ours, aws) == {"aws_lambda_permission.P": ("f:live/s", "the only one")}


def test_credentials_that_may_not_look_are_a_problem() -> None:
    ours = stack(aws_dynamodb_table={"T": {"name": "t"}})
    with pytest.raises(Problem, match=r"may not look: dynamodb\.describe_table was refused"):
        live(ours, Aws(describe_table="AccessDeniedException"))
    with pytest.raises(ClientError):
        live(ours, Aws(describe_table="InternalServerError"))


def test_ours_says_what_it_refers_to_and_what_that_comes_to() -> None:
    ours = stack(
        aws_sns_topic={"T": {"name": "t", "kms_master_key_id": "${aws_kms_key.K.arn}", "tags": {"a": "b"}}},
        aws_kms_key={"K": {}},
    )
    topic = ours.resources["aws_sns_topic.T"]
    assert topic.mentions("kms_master_key_id") == {"aws_kms_key.K"}
    assert [(it.address, name) for it, name in ours.referring("aws_kms_key.K")] == [
        ("aws_sns_topic.T", "kms_master_key_id")
    ]
    known = {"name": "t", "tags": {"a": "b"}, **PLACE}
    assert ours.attributes(topic, {}) == known
    assert ours.attributes(topic, {"aws_kms_key.K": {"arn": "arn:k"}}) == {
        **known,
        "kms_master_key_id": "arn:k",
    }
