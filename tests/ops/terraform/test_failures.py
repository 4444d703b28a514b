from __future__ import annotations

from pathlib import Path

import pytest

from ops.errors import FAILED, NEEDS_PERSON, Problem
from ops.terraform.failures import problem

LOG = Path("/logs/payments-prod-apply.log")
STACK = Path("/checkout/cdktf.out/stacks/payments-prod")
LOCKED = """\
╷
│ Error: Error acquiring the state lock
│
│ Error message: operation error DynamoDB: PutItem, ConditionalCheckFailedException
│ Lock Info:
│   ID:        3f6b0c5e-6f0c-0b8e-0a52-9b6dd0b7a1c1
│   Path:      state/prod/payments.tfstate
│   Operation: OperationTypeApply
│   Who:       ana@build-7
│   Version:   1.11.4
│   Created:   2025-03-14 09:26:53.589793 +0000 UTC
│   Info:
╵
"""


def explain(output: str, verb: str = "apply") -> Problem:
    return problem(verb, STACK, LOG, output)


def test_a_held_lock_names_who_since_when_and_how_to_free_it() -> None:
    found = explain(LOCKED)
    assert found.what == "The state of prod is locked: apply by ana@build-7 since 2025-03-14 09:26:53 UTC."
    assert found.hint.startswith("If that run is over, free it with: payctl backend unlock prod\n")
    assert found.code == NEEDS_PERSON


def test_a_lock_whose_fields_are_empty_still_reads_well() -> None:
    found = explain("Error: Error acquiring the state lock\nLock Info:\n  ID: x\n  Operation:\n  Who:\n")
    assert (
        found.what
        == "The state of prod is locked: an operation by an unknown user since an unknown time UTC."
    )


def test_a_lock_on_the_backends_own_state_belongs_to_no_environment() -> None:
    found = problem("apply", Path("stacks/payments-backend"), LOG, LOCKED)
    assert "free it with: payctl backend unlock ENVIRONMENT\n" in found.hint


def test_a_lock_that_nobody_holds_is_a_failure_of_the_lock_itself() -> None:
    found = explain("Error: Error acquiring the state lock\n\nError message: AccessDenied: no PutItem")
    assert found.what == "The state of prod cannot be locked."
    assert "AccessDenied: no PutItem" in found.hint


@pytest.mark.parametrize(
    ("output", "what", "code"),
    [
        ("Error: Failed to query available provider packages", "the registry is unreachable", FAILED),
        ("Error: Failed to install provider", "the registry is unreachable", FAILED),
        ("Error: No valid credential sources found", "no AWS credentials", NEEDS_PERSON),
        ("api error ExpiredToken: the token expired", "expired or wrong", NEEDS_PERSON),
        ('Error: S3 bucket "b" does not exist.', "state bucket does not exist", FAILED),
        (
            'Error: Currently selected workspace "prod" does not exist',
            "workspace of prod does not exist",
            FAILED,
        ),
        ("dial tcp 127.0.0.1:4566: connect: connection refused", "refuses connections", FAILED),
        ("Error: Saved plan is stale", "older than the state", NEEDS_PERSON),
    ],
)
def test_a_known_failure_is_one_sentence_with_what_to_do(output: str, what: str, code: int) -> None:
    found = explain(output)
    assert what in found.what
    assert found.code == code
    assert found.hint.endswith(f"Full log: {LOG}")
    assert "{" not in found.hint


def test_a_missing_backend_names_the_command_that_makes_it() -> None:
    assert "payctl backend prod" in explain("NoSuchBucket").hint


def test_any_other_failure_shows_its_first_error_without_the_frame() -> None:
    found = explain(
        "│ Warning: old\n╷\n│ Error: Invalid CIDR\n│\n│   on cdk.tf.json\n╵\nError: second", "plan"
    )
    assert found.what == "terraform plan failed for prod."
    assert found.hint == f"Invalid CIDR\n  on cdk.tf.json\nError: second\nFull log: {LOG}"


def test_a_failure_that_names_no_error_shows_how_it_ended() -> None:
    found = explain("\n".join(str(number) for number in range(100)))
    assert found.hint.splitlines()[:2] == ["88", "89"]
