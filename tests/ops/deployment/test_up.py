from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from ops.deployment import local as command
from ops.deployment import up
from ops.errors import Problem
from ops.http import Answer
from ops.local import engine
from ops.operation import keys
from ops.target import Target
from ops.terraform import backend

PAYMENT = {
    "id": "pay_abc",
    "status": "succeeded",
    "amount": 1999,
    "currency": "EUR",
    "created": "2026-01-02T03:04:05.000Z",
}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Answer]:
    """What the API says to one request after the other."""
    found: list[Answer] = []
    monkeypatch.setattr(up, "request", lambda *_, **__: found.pop(0))
    return found


@pytest.fixture
def bucket(target: Target) -> Iterator[Any]:
    s3 = target.client("s3")
    s3.create_bucket(Bucket="audit", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield s3
    for entry in s3.list_objects_v2(Bucket="audit").get("Contents", []):
        s3.delete_object(Bucket="audit", Key=entry["Key"])
    s3.delete_bucket(Bucket="audit")


def _answer(status: int, body: Any) -> Answer:
    return Answer(status=status, headers={}, text=json.dumps(body))


def test_a_payment_is_made_and_then_read(answers: list[Answer]) -> None:
    answers += [_answer(201, PAYMENT), _answer(200, PAYMENT)]
    assert up._pay("dev", "http://api", "sk") == PAYMENT


@pytest.mark.parametrize(
    ("responses", "message"),
    [
        ([_answer(500, {"code": "internal_error"})], "answered 500 instead of 201"),
        ([_answer(201, PAYMENT), _answer(404, {})], "answered 404 instead of 200"),
        ([_answer(201, PAYMENT), _answer(200, {**PAYMENT, "status": "failed"})], "is failed, not succeeded"),
    ],
)
def test_a_payment_that_goes_wrong_is_told_with_the_answer(
    answers: list[Answer], responses: list[Answer], message: str
) -> None:
    answers += responses
    with pytest.raises(Problem, match=message):
        up._pay("dev", "http://api", "sk")


def test_the_event_is_found_among_others(target: Target, bucket: Any) -> None:
    for number, payment in enumerate(("pay_other", "pay_abc")):
        bucket.put_object(
            Bucket="audit",
            Key=f"events/date=2026-01-02/evt_{number}.json",
            Body=json.dumps({"payment": payment}).encode(),
        )
    up._find_event(target, "audit", PAYMENT)


def test_an_event_that_does_not_come_is_a_problem(
    target: Target, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(up, "EVENT_SECONDS", 0.1)
    with pytest.raises(Problem, match="did not reach s3://audit/events/date=2026-01-02/"):
        up._find_event(target, "audit", PAYMENT)


def test_a_backend_that_is_whole_is_not_made_again(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(backend, "is_complete", lambda _: True)
    monkeypatch.setattr(backend, "ensure_workspace", lambda _: made.append("workspace"))
    assert up._begin_backend(target) is None
    assert made == ["workspace"]


def test_a_backend_that_ends_before_it_is_ready_is_a_problem_with_its_log(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "is_usable", lambda _: False)
    with pytest.raises(Problem, match="could not be created") as problem:
        up._wait_for_backend(SimpleNamespace(poll=lambda: 1), target)
    assert problem.value.hint.endswith("backend.log")


def test_a_backend_that_fails_at_its_end_says_how_to_repair_it(target: Target) -> None:
    with pytest.raises(Problem, match="is incomplete") as problem:
        up._finish_backend(SimpleNamespace(wait=lambda timeout: 1), target)
    assert problem.value.hint == "Repair it: ./payctl backend dev --local"


def test_the_summary_has_all_it_takes_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    result = {"environment": "dev", "url": "http://api/dev", "api_key": "sk_x", "payment": PAYMENT}
    up._summary(result, changed=True, seconds=97.4)
    printed = capsys.readouterr().out
    parts = (
        "payments-dev is deployed",
        "97 s",
        "pay_abc",
        "http://api/dev/v1/payments",
        "sk_x",
        "payctl down",
    )
    for part in parts:
        assert part in printed


@pytest.mark.parametrize("ran", [True, False])
def test_down_ends_the_engine_and_forgets_what_was_in_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ran: bool
) -> None:
    forgotten: list[str] = []
    monkeypatch.setattr(engine, "stop", lambda _: ran)
    monkeypatch.setattr(keys, "forget_local_keys", lambda: forgotten.append("keys"))
    assert command.down() == 0
    assert forgotten == ["keys"]
    assert ("is stopped" if ran else "was not running") in capsys.readouterr().err


@pytest.mark.parametrize("as_json", [True, False])
def test_local_says_where_the_engine_is(
    monkeypatch: pytest.MonkeyPatch,
    running: engine.Running,
    capsys: pytest.CaptureFixture[str],
    as_json: bool,
) -> None:
    monkeypatch.setattr(engine, "status", lambda _: running)
    assert command.status(as_json=as_json) == 0
    printed = capsys.readouterr().out
    assert running.endpoint in printed
    assert running.secret not in printed


@pytest.mark.parametrize(("as_json", "sentence"), [(True, '{"running": false}'), (False, "does not run")])
def test_an_engine_that_does_not_run_is_exit_code_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], as_json: bool, sentence: str
) -> None:
    monkeypatch.setattr(engine, "status", lambda _: None)
    assert command.status(as_json=as_json) == 1
    assert sentence in capsys.readouterr().out


def test_local_shows_the_log(
    monkeypatch: pytest.MonkeyPatch, running: engine.Running, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine, "status", lambda _: running)
    assert command.logs() == 0
    assert capsys.readouterr().out == running.log.read_text()


def test_the_log_of_an_engine_that_does_not_run_is_exit_code_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "status", lambda _: None)
    assert command.logs() == 1


def test_emptying_forgets_what_was_in_the_engine(
    monkeypatch: pytest.MonkeyPatch, running: engine.Running
) -> None:
    done: list[str] = []

    def reset(_: object) -> engine.Running:
        done.append("reset")
        return running

    monkeypatch.setattr(keys, "forget_local_keys", lambda: done.append("forget"))
    monkeypatch.setattr(engine, "reset", reset)
    assert command.reset(as_json=False) == 0
    assert done == ["forget", "reset"]


def test_starting_prints_the_endpoint(
    monkeypatch: pytest.MonkeyPatch, running: engine.Running, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine, "start", lambda _: running)
    assert command.start(as_json=False) == 0
    assert running.endpoint in capsys.readouterr().out
