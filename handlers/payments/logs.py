"""Structured logs: one JSON object a line, in the members that Lambda's own level filter reads.

The only members are those of Ids: names of things, numbers and codes. There is none for a body, a header or
the text of an exception, which may quote either.
"""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict, Unpack

from payments import json_text
from payments.times import Clock, rfc3339, utc_now

_LEVELS = ("DEBUG", "INFO", "WARN", "ERROR")


class Ids(TypedDict, total=False):
    """All that a line may say besides its message."""

    request_id: str
    message_id: str
    merchant: str
    key_id: str
    payment: str
    event: str
    endpoint: str
    delivery: str
    attempts: int
    route: str
    status: int
    code: str
    replayed: bool
    date: str
    matched: int
    differences: int
    breaks: int
    milliseconds: int
    error: str
    at: list[str]


@dataclass(frozen=True, slots=True)
class Log:
    """Writes lines of `level` and above."""

    level: str = "INFO"
    clock: Clock = utc_now
    write: Callable[[str], None] = print

    def info(self, message: str, **ids: Unpack[Ids]) -> None:
        """What is worth counting."""
        self._line("INFO", message, ids)

    def error(self, message: str, cause: BaseException | None = None, **ids: Unpack[Ids]) -> None:
        """What someone should look at; of an exception its type and the places it passed, not its text."""
        if cause:
            frames = traceback.extract_tb(cause.__traceback__)
            ids["error"] = type(cause).__name__
            ids["at"] = [f"{frame.filename}:{frame.lineno}" for frame in frames[-8:]]
        self._line("ERROR", message, ids)

    def _line(self, level: str, message: str, ids: Ids) -> None:
        if _LEVELS.index(level) >= _LEVELS.index(self.level):
            line = {"timestamp": rfc3339(self.clock()), "level": level, "message": message, **ids}
            self.write(json_text.write({name: value for name, value in line.items() if value != ""}))
