import json
from dataclasses import asdict, dataclass, field
from typing import Any

import pytest

from event_handler.messages import EventHandler
from payments import changes
from payments.audit import AuditObject, Poison, audit_object
from payments.payment import Approved
from payments.telemetry import Log
from tests.handlers.document import document, faults
from tests.handlers.test_changes import MOMENT, PAYMENT, event_of

EVENT = event_of(changes.apply_outcome(PAYMENT, Approved("ch"), MOMENT))


def envelope(**changed: Any) -> str:
    """Returns an event as EventBridge sends it to a queue; members that are None are left out."""
    detail = {name: value for name, value in (asdict(EVENT) | changed).items() if value is not None}
    return json.dumps({"version": "0", "source": "payments", "detail-type": EVENT.type, "detail": detail})


def message(name: str, body: str) -> dict[str, str]:
    return {"messageId": name, "body": body}


@dataclass
class Bucket:
    """Stores each object once."""

    objects: dict[str, str] = field(default_factory=dict)
    fails_for: str = ""

    def store(self, audit: AuditObject) -> bool:
        if audit.event == self.fails_for:
            raise ConnectionError("secret text")
        written = audit.key not in self.objects
        self.objects.setdefault(audit.key, audit.line)
        return written


def handled(bucket: Bucket, *messages: dict[str, str]) -> tuple[list[str], list[dict[str, Any]]]:
    """Returns the failed messages and the log lines."""
    lines: list[str] = []
    handler = EventHandler(bucket.store, Log(write=lines.append))
    failures = handler({"Records": list(messages)}, None)["batchItemFailures"]
    return [failure["itemIdentifier"] for failure in failures], [json.loads(line) for line in lines]


def test_an_event_becomes_one_line_under_its_date() -> None:
    bucket = Bucket()
    assert handled(bucket, message("m", envelope()))[0] == []
    assert list(bucket.objects) == [f"events/date=2026-03-01/{EVENT.id}.json"]
    line = bucket.objects.popitem()[1]
    assert line.endswith("\n")
    assert line.count("\n") == 1
    stored = json.loads(line)
    assert stored == asdict(EVENT) | {"data": json.loads(EVENT.data)}
    assert audit_object(envelope(sequence="2")).line == line
    assert list(faults(document()["components"]["schemas"]["Event"], stored)) == []


def test_an_event_that_comes_again_is_kept_once_and_does_not_fail() -> None:
    bucket = Bucket()
    failed, lines = handled(bucket, *(message(str(number), envelope()) for number in range(3)))
    assert failed == []
    assert len(bucket.objects) == 1
    assert [line["replayed"] for line in lines] == [False, True, True]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"detail": "text"}',
        envelope(id=None),
        envelope(id="evt_../../other"),
        envelope(id=7),
        envelope(payment="pay_1"),
        envelope(sequence=None),
        envelope(sequence="second"),
        envelope(sequence=2.5),
        envelope(created="yesterday"),
        envelope(created=7),
        envelope(data="not json"),
        envelope(data="[]"),
        envelope(data={}),
    ],
)
def test_a_message_that_is_no_event_fails_alone(body: str) -> None:
    bucket = Bucket()
    failed, lines = handled(bucket, message("before", envelope()), message("bad", body))
    assert failed == ["bad"]
    assert len(bucket.objects) == 1
    assert (lines[1]["message"], lines[1]["message_id"]) == ("poison message", "bad")
    with pytest.raises(Poison):
        audit_object(body)


def test_a_failing_bucket_fails_only_the_message_that_it_failed_for() -> None:
    other = EVENT.id[:-1] + "z"
    bucket = Bucket(fails_for=other)
    failed, lines = handled(bucket, message("bad", envelope(id=other)), message("good", envelope()))
    assert failed == ["bad"]
    assert list(bucket.objects) == [f"events/date=2026-03-01/{EVENT.id}.json"]
    assert lines[0]["error"] == "ConnectionError"
    assert "secret" not in json.dumps(lines)
