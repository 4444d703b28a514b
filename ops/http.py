"""One HTTP request, as an API's caller makes it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.errors import Problem

TIMEOUT_SECONDS = 35  # longer than API Gateway's own 29 s


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, headers with lower-case names, body."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        """The body as JSON; Problem when it is none."""
        try:
            return json.loads(self.text)
        except ValueError as error:
            raise Problem(f"The API answered {self.status} without JSON: {self.text[:200]}") from error


def request(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: Any | None = None
) -> Answer:
    """Send JSON and read the answer, whatever its status; Problem when there is none."""
    call = urllib.request.Request(
        url,
        method=method,
        headers={"Content-Type": "application/json", **(headers or {})},
        data=None if body is None else json.dumps(body).encode(),
    )
    try:
        with urllib.request.urlopen(call, timeout=TIMEOUT_SECONDS) as reply:
            return Answer(status=reply.status, headers=_lower(reply.headers), text=reply.read().decode())
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(status=refusal.code, headers=_lower(refusal.headers), text=refusal.read().decode())
    except OSError as error:
        raise Problem(f"{url} does not answer: {error}.") from error


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
