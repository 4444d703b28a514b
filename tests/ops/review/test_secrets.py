"""Secrets of a plan never appear in the output, whether marked or only named as secrets."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ops.review.build import Extras
from ops.review.checkov import FailedCheck
from ops.review.plan.secrets import REDACTED, Redactor, key, merged_marks
from ops.review.renderers import by_suffix as renderers
from ops.review.report import Report, Waiver
from tests.ops.review.made import document, entry, findings, plan, reported, reviewed, rules

OPEN_POLICY = '{"Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "%s"}]}'


class Planter:
    """Creates unique secrets and records them."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self) -> str:
        self.made.append(f"Planted-{len(self.made):03}-s3cr3t/+x")
        return self.made[-1]


def planted_document(plant: Planter) -> dict[str, Any]:
    """Returns a plan with a secret at every possible place, marked or not."""
    variable, output, data = plant(), plant(), plant()
    return document(
        entry(
            "aws_db_instance.marked",
            {"identifier": "a", "password": plant(), "tags": {"owner": plant()}, "deletion_protection": True},
            {
                "identifier": "a",
                "password": plant(),
                "tags": {"owner": plant()},
                "deletion_protection": False,
            },
            before_sensitive={"password": True},
            after_sensitive={"password": True, "tags": {"owner": True}},
        ),
        entry("aws_ssm_parameter.whole", {"value": plant()}, {"value": plant()}, before_sensitive=True),
        entry(
            "aws_lambda_function.variables",
            {"environment": [{"variables": {"DB_PASSWORD": plant(), "OTHER": plant(), "name": plant()}}]},
            {"environment": [{"variables": {"DB_PASSWORD": plant(), "OTHER": plant(), "name": plant()}}]},
        ),
        entry(
            "aws_launch_template.user_data",
            {"user_data": json.dumps({"token": plant()}), "name": "a"},
            {"user_data": base64.b64encode(json.dumps({"token": plant()}).encode()).decode(), "name": "a"},
        ),
        entry(
            "aws_ecs_task_definition.inside_json",
            {"container_definitions": json.dumps([{"environment": [{"name": "KEY", "value": plant()}]}])},
            {"container_definitions": json.dumps([{"environment": [{"name": "KEY", "value": plant()}]}])},
        ),
        entry(
            "aws_secretsmanager_secret_version.json",
            {"secret_string": json.dumps({"deep": {"key": plant()}})},
            {"secret_string": json.dumps({"deep": {"key": plant()}})},
            after_sensitive={"secret_string": True},
            actions=["delete", "create"],
            replace_paths=[["secret_string"]],
        ),
        entry(
            "aws_ssm_parameter.unmarked",
            {"value": plant(), "type": "String"},
            {"value": plant(), "type": "String"},
        ),
        entry(
            "terraform_data.free",
            {"input": {"path": plant(), "pin": 90210}},
            {"input": {"path": plant(), "pin": 90211}},
        ),
        entry("aws_iam_role.created", None, {"name": "r", "description": plant()}),
        entry("aws_sqs_queue.destroyed", {"name": "q", "policy": plant()}, None),
        # Elsewhere marked, here inside another text: an action's resource, an import's id, a name.
        entry(
            "aws_iam_role_policy.repeats",
            {"role": "r", "policy": OPEN_POLICY % "arn:a"},
            {"role": "r", "policy": OPEN_POLICY % f"arn:{variable}"},
        ),
        entry("aws_cloudwatch_log_group.imported", {"name": "a"}, {"name": "b"}, importing={"id": output}),
        entry("aws_sns_topic.named", {"name": "a"}, {"name": f"x{data}"}),
        entry(
            "aws_iam_role.condition",
            {"name": "c", "assume_role_policy": '{"Statement": []}'},
            {
                "name": "c",
                "assume_role_policy": json.dumps(
                    {
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                                "Action": "sts:AssumeRole",
                                "Condition": {"StringEquals": {"sts:ExternalId": plant()}},
                            }
                        ]
                    }
                ),
            },
        ),
        resource_drift=[
            entry(
                "aws_db_instance.marked",
                {"password": plant(), "username": plant()},
                {"password": plant(), "username": plant()},
                before_sensitive={"password": True},
            )
        ],
        output_changes={
            "secret": {
                "actions": ["update"],
                "before": {"a": plant()},
                "after": {"a": output},
                "before_sensitive": True,
                "after_sensitive": True,
            },
            "unmarked": {"actions": ["update"], "before": plant(), "after": plant()},
        },
        variables={"pepper": {"value": variable}, "plain": {"value": plant()}},
        configuration={
            "provider_config": {"aws": {"expressions": {"secret_key": {"constant_value": plant()}}}},
            "root_module": {
                "variables": {"pepper": {"sensitive": True}, "plain": {"default": plant()}},
                "resources": [
                    {
                        "address": "aws_db_instance.marked",
                        "expressions": {"password": {"constant_value": plant()}},
                    }
                ],
            },
        },
        planned_values={
            "outputs": {"secret": {"sensitive": True, "value": plant()}},
            "root_module": {
                "resources": [{"address": "aws_db_instance.marked", "values": {"password": plant()}}]
            },
        },
        prior_state={
            "values": {
                "outputs": {"secret": {"sensitive": True, "value": plant()}},
                "root_module": {
                    "resources": [
                        {
                            "mode": "data",
                            "type": "aws_secretsmanager_secret_version",
                            "values": {"secret_string": data, "name": plant()},
                            "sensitive_values": {"secret_string": True},
                        },
                        {"mode": "managed", "type": "aws_db_instance", "values": {"password": plant()}},
                    ],
                    "child_modules": [
                        {
                            "resources": [
                                {
                                    "mode": "data",
                                    "type": "aws_ssm_parameter",
                                    "values": {"value": plant()},
                                    "sensitive_values": {"value": True},
                                }
                            ]
                        }
                    ],
                },
            }
        },
        checks=[
            {
                "address": {"to_display": "check.repeats"},
                "status": "fail",
                "instances": [{"problems": [{"message": f"It is {variable}."}]}],
            }
        ],
    )


def planted_report(plant: Planter) -> Report:
    document = planted_document(plant)
    entries = document.pop("resource_changes")
    extras = Extras(
        waivers={"aws_sqs_queue.destroyed": Waiver(f"the key was {plant.made[0]}", "2026-12-31")},
        failed=frozenset([FailedCheck("aws_db_instance.marked", "CKV_1", f"has {plant.made[0]}")]),
    )
    return reported(*entries, extras=extras, **document)


@pytest.mark.parametrize("suffix", renderers.MODULES)
def test_no_output_shows_a_secret_wherever_the_plan_holds_it(suffix: str) -> None:
    plant = Planter()
    output = renderers.render(planted_report(plant), suffix)
    assert len(plant.made) > 40
    forms = [form for made in plant.made for form in _forms(made)]
    assert [form for form in forms if form in output] == []
    assert "9021" not in output


def _forms(secret: str) -> list[str]:
    """Returns the forms of a text in an output: plain, in JSON, in Markdown, as base64 without its ends."""
    coded = [base64.b64encode(f"{'x' * at}{secret}".encode()).decode()[4:-4] for at in range(3)]
    return [secret, json.dumps(secret)[1:-1], secret.replace("-", "\\-"), secret[:11], *coded]


def test_the_planted_report_says_that_the_secrets_changed() -> None:
    plant = Planter()
    (made,) = planted_report(plant).reviews
    addresses = {finding.address for finding in findings(made) if finding.rule == "secret/changed"}
    assert addresses == {
        "aws_db_instance.marked",
        "aws_ssm_parameter.whole",
        "aws_lambda_function.variables",
        "aws_secretsmanager_secret_version.json",
    }
    assert "arn:(secret)" in str([finding.title for finding in findings(made)])


def test_the_parsed_plan_itself_holds_no_marked_secret() -> None:
    plant = Planter()
    document = planted_document(plant)
    found = plan(*document.pop("resource_changes"), **document)
    assert plant.made[3] not in repr(found)  # a password
    assert "secret_string" in repr(found)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("one-secret", "two-secret", ["secret/changed"]),
        ("one-secret", "one-secret", []),
        ("one-secret", None, ["secret/changed"]),
        (None, "one-secret", ["secret/changed"]),
        (None, "", []),
        ("", None, []),
    ],
)
def test_a_secret_is_changed_when_its_value_is_not_when_its_mark_is(
    before: str | None, after: str | None, expected: list[str]
) -> None:
    made = reviewed(
        entry(
            "aws_db_instance.a",
            {"password": before, "tags": {"a": "b"}},
            {"password": after, "tags": {}},
            before_sensitive={"password": True},
            after_sensitive={},
        )
    )
    assert rules(made) == expected


def test_a_new_version_of_a_write_only_value_is_a_changed_secret() -> None:
    made = reviewed(
        entry(
            "aws_secretsmanager_secret_version.a",
            {"secret_string_wo_version": 1},
            {"secret_string_wo_version": 2},
        )
    )
    assert rules(made) == ["secret/changed"]
    assert "plan and state do not contain it" in findings(made)[0].title


def test_a_secret_that_becomes_known_after_the_apply_is_changed() -> None:
    made = reviewed(
        entry(
            "aws_db_instance.a",
            {"password": "one-secret"},
            {},
            after_unknown={"password": True},
            before_sensitive={"password": True},
        )
    )
    assert rules(made) == ["secret/changed"]
    assert findings(made)[0].title.endswith("→ known after apply")


def test_equal_secrets_have_equal_hashes_and_another_key_gives_others() -> None:
    one, other = Redactor(b"key"), Redactor(b"another")
    assert one.hide("value", True) == one.hide("value", True)
    assert one.hide("value", True) != one.hide("Value", True)
    assert one.hide("value", True) != other.hide("value", True)
    assert "key" not in repr(one)


def test_short_texts_are_hidden_where_they_are_marked_and_not_struck_elsewhere() -> None:
    redactor = Redactor(b"key")
    redactor.hide({"flag": "on", "pin": 1234}, True)
    assert redactor.redact("on and on") == "on and on"
    redactor.remember(["longer-text", '["in-json-text"]'])
    assert redactor.redact("a longer-text, in-json-text") == f"a {REDACTED}, {REDACTED}"


def test_the_longer_of_two_secrets_is_struck_first() -> None:
    redactor = Redactor(b"key")
    redactor.remember(["secret", "secret-and-more"])
    assert redactor.redact("secret-and-more") == REDACTED


@pytest.mark.parametrize(
    ("marks", "together"),
    [
        ((None, {}), []),
        (({"a": True}, {"b": True}), {"a": True, "b": True}),
        (({"a": {"b": True}}, {"a": {"c": True}}), {"a": {"b": True, "c": True}}),
        (({"a": True}, True), True),
        (([{"a": True}], [{}, {"b": True}]), [{"a": True}, {"b": True}]),
    ],
)
def test_marks_of_both_sides_are_laid_together(marks: tuple[Any, ...], together: Any) -> None:
    assert merged_marks(*marks) == together


def test_the_key_is_the_variable_or_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    assert key({"PAYCTL_REVIEW_KEY": "from the variable"}, tmp_path) == b"from the variable"
    made = key({}, tmp_path)
    assert len(made) == 64
    assert key({}, tmp_path) == made
    assert (tmp_path / ".payctl" / "review.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("kind", "expected", "other"),
    [("String", "change/updated", "secret/changed"), ("SecureString", "secret/changed", "change/updated")],
)
def test_a_name_that_a_plain_parameter_publishes_is_no_secret_though_the_provider_marks_it(
    kind: str, expected: str, other: str
) -> None:
    """Otherwise the name of the environment would be redacted in all texts."""
    tree = {"type": kind, "value": "payments-dev"}
    made = reviewed(
        entry(
            "aws_ssm_parameter.published",
            tree,
            {**tree, "value": "payments-dev2"},
            before_sensitive={"value": True},
            after_sensitive={"value": True},
        ),
        entry("aws_sqs_queue.q", {"name": "payments-dev"}, {"name": "payments-dev", "delay_seconds": 1}),
        entry("aws_sqs_queue.r", None, {"name": "payments-dev"}),
        entry("aws_iam_role_policy_attachment.a", None, {"role": "payments-dev", "policy_arn": "arn:x"}),
    )
    at = {finding.rule for finding in findings(made) if finding.address == "aws_ssm_parameter.published"}
    assert (expected in at, other in at) == (True, False)
    (attached,) = [finding for finding in findings(made) if finding.rule == "iam/cannot-evaluate"]
    assert attached.title.startswith("payments-dev gets" if kind == "String" else f"{REDACTED} gets")


def test_the_value_of_a_plain_parameter_is_still_not_shown() -> None:
    tree = {"type": "String", "value": "of no concern"}
    made = reported(entry("aws_ssm_parameter.p", tree, {**tree, "value": "of none either"}))
    for suffix in renderers.MODULES:
        assert "concern" not in renderers.render(made, suffix)
