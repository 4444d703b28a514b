"""One HTTP request with JSON, as a caller of an API makes it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.errors import Problem

TIMEOUT_SECONDS = 35  # longer than the 29 s of API Gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Represents a response. The names of the headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        """Returns the body as JSON; raises Problem if it is none."""
        try:
            return json.loads(self.text)
        except ValueError as error:
            raise Problem(f"The API answered {self.status} without JSON: {self.text[:200]}") from error


def request(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: Any | None = None
) -> Answer:
    """Sends JSON and returns the response of any status; raises Problem if there is none."""
    call = urllib.request.Request(
        url,
        method=method,
        headers={"Content-Type": "application/json", **(headers or {})},
        data=None if body is None else json.dumps(body).encode(),
    )
    try:
        try:
            reply = urllib.request.urlopen(call, timeout=TIMEOUT_SECONDS)
        except urllib.error.HTTPError as error:  # a response of status 4xx or 5xx
            reply = error
        with reply:
            lower = {name.lower(): value for name, value in reply.headers.items()}
            return Answer(status=reply.status, headers=lower, text=reply.read().decode())
    except OSError as error:
        raise Problem(f"{url} does not answer: {error}.") from error
