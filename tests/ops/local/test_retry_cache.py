from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ops.local import retry_cache as repetition
from ops.local.retry_cache import RetryCache


class _App:
    """Counts its requests and responds with the count."""

    def __init__(self, status: int = 200, failures: int = 0) -> None:
        self.requests = 0
        self.status = status
        self.failures = failures

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.requests += 1
        await asyncio.sleep(0)
        if self.requests <= self.failures:
            raise ConnectionError
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": str(self.requests).encode()})


async def _send(app: RetryCache, invocation: bytes | None, method: str = "POST") -> bytes:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    headers = [(b"amz-sdk-invocation-id", invocation)] if invocation else []
    await app({"type": "http", "method": method, "headers": headers}, receive, send)
    body: bytes = sent[-1]["body"]
    return body


def _send_all(app: RetryCache, *calls: bytes | None, method: str = "POST") -> list[bytes]:
    async def send_all() -> list[bytes]:
        return [await _send(app, call, method) for call in calls]

    return asyncio.run(send_all())


def test_another_attempt_of_a_call_gets_the_first_answer_and_changes_nothing() -> None:
    inner = _App()
    assert _send_all(RetryCache(inner), b"a", b"a", b"b") == [b"1", b"1", b"2"]
    assert inner.requests == 2


def test_an_attempt_that_comes_while_the_first_still_runs_waits_for_it() -> None:
    inner = _App()
    app = RetryCache(inner)

    async def both() -> list[bytes]:
        return list(await asyncio.gather(_send(app, b"a"), _send(app, b"a")))

    assert asyncio.run(both()) == [b"1", b"1"]
    assert inner.requests == 1


@pytest.mark.parametrize(("call", "method"), [(None, "POST"), (b"a", "GET")])
def test_reads_and_callers_that_are_no_sdk_are_passed_on(call: bytes | None, method: str) -> None:
    assert _send_all(RetryCache(_App()), call, call, method=method) == [b"1", b"2"]


def test_what_failed_on_the_servers_side_is_tried_again() -> None:
    assert _send_all(RetryCache(_App(status=503)), b"a", b"a") == [b"1", b"2"]


def test_what_broke_before_it_answered_is_tried_again() -> None:
    app = RetryCache(_App(failures=1))
    with pytest.raises(ConnectionError):
        _send_all(app, b"a")
    assert _send_all(app, b"a") == [b"2"]


def test_old_answers_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repetition, "CACHED_RESPONSES", 1)
    assert _send_all(RetryCache(_App()), b"a", b"b", b"a") == [b"1", b"2", b"3"]
