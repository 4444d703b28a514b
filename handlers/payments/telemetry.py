"""Structured logs and metrics, both as lines of JSON on standard output.

A log line has the members that Lambda's level filter reads, and those of Fields: identifiers, numbers and
codes. There is none for a body, a header or the text of an exception, because they may contain secrets.
"""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypedDict, Unpack

from payments.formats import Clock, rfc3339, to_json, utc_now

NAMESPACE = "Payments"
_LEVELS = ("DEBUG", "INFO", "WARN", "ERROR")

type Unit = Literal["Count", "Milliseconds", "None"]


class Fields(TypedDict, total=False):
    """Represents the members that a log line may have besides its message."""

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
    """Writes log lines of `level` and above."""

    level: str = "INFO"
    clock: Clock = utc_now
    write: Callable[[str], None] = print

    def info(self, message: str, **fields: Unpack[Fields]) -> None:
        """Writes a line of level INFO."""
        self._line("INFO", message, fields)

    def error(self, message: str, cause: BaseException | None = None, **fields: Unpack[Fields]) -> None:
        """Writes a line of level ERROR with the type and the stack of an exception, not with its text."""
        if cause:
            frames = traceback.extract_tb(cause.__traceback__)
            fields["error"] = type(cause).__name__
            fields["at"] = [f"{frame.filename}:{frame.lineno}" for frame in frames[-8:]]
        self._line("ERROR", message, fields)

    def _line(self, level: str, message: str, fields: Fields) -> None:
        if _LEVELS.index(level) >= _LEVELS.index(self.level):
            line = {"timestamp": rfc3339(self.clock()), "level": level, "message": message, **fields}
            self.write(to_json({name: value for name, value in line.items() if value != ""}))


@dataclass(frozen=True, slots=True)
class Metrics:
    """Writes metrics in CloudWatch's embedded metric format.

    CloudWatch charges for each combination of dimension values: they come from short, fixed lists.
    """

    environment: str
    clock: Clock = utc_now
    write: Callable[[str], None] = print

    def put(self, name: str, value: int, unit: Unit, **dimensions: str) -> None:
        """Writes one value; names of metrics and dimensions are in upper camel case, as those of AWS are."""
        values = {"Environment": self.environment, **dimensions}
        directive = {
            "Namespace": NAMESPACE,
            "Dimensions": [list(values)],
            "Metrics": [{"Name": name, "Unit": unit}],
        }
        timestamp = round(self.clock().timestamp() * 1000)
        metadata = {"Timestamp": timestamp, "CloudWatchMetrics": [directive]}
        self.write(to_json({"_aws": metadata, **values, name: value}))
