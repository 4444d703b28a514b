from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ops.local import repetition
from ops.local.repetition import Repetitions


class _App:
    """Counts what it does, and says so."""

    def __init__(self, status: int = 200, breaks: int = 0) -> None:
        self.done = 0
        self.status = status
        self.breaks = breaks

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.done += 1
        await asyncio.sleep(0)
        if self.done <= self.breaks:
            raise ConnectionError
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": str(self.done).encode()})


async def _ask(app: Repetitions, call: bytes | None, method: str = "POST") -> bytes:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    headers = [(b"amz-sdk-invocation-id", call)] if call else []
    await app({"type": "http", "method": method, "headers": headers}, receive, send)
    body: bytes = sent[-1]["body"]
    return body


def _all(app: Repetitions, *calls: bytes | None, method: str = "POST") -> list[bytes]:
    async def ask() -> list[bytes]:
        return [await _ask(app, call, method) for call in calls]

    return asyncio.run(ask())


def test_another_attempt_of_a_call_gets_the_first_answer_and_changes_nothing() -> None:
    inner = _App()
    assert _all(Repetitions(inner), b"a", b"a", b"b") == [b"1", b"1", b"2"]
    assert inner.done == 2


def test_an_attempt_that_comes_while_the_first_still_runs_waits_for_it() -> None:
    inner = _App()
    app = Repetitions(inner)

    async def both() -> list[bytes]:
        return list(await asyncio.gather(_ask(app, b"a"), _ask(app, b"a")))

    assert asyncio.run(both()) == [b"1", b"1"]
    assert inner.done == 1


@pytest.mark.parametrize(("call", "method"), [(None, "POST"), (b"a", "GET")])
def test_reads_and_callers_that_are_no_sdk_are_passed_on(call: bytes | None, method: str) -> None:
    assert _all(Repetitions(_App()), call, call, method=method) == [b"1", b"2"]


def test_what_failed_on_the_servers_side_is_tried_again() -> None:
    assert _all(Repetitions(_App(status=503)), b"a", b"a") == [b"1", b"2"]


def test_what_broke_before_it_answered_is_tried_again() -> None:
    app = Repetitions(_App(breaks=1))
    with pytest.raises(ConnectionError):
        _all(app, b"a")
    assert _all(app, b"a") == [b"2"]


def test_old_answers_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repetition, "REMEMBERED", 1)
    assert _all(Repetitions(_App()), b"a", b"b", b"a") == [b"1", b"2", b"3"]
