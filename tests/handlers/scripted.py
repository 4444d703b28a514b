"""A scripted AWS client, for failures that an emulator cannot produce."""

from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError


def failure(code: str, status: int = 400, **more: Any) -> ClientError:
    """Returns an error as botocore raises it."""
    response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(response, "Operation")


def cancelled(*codes: str, item: dict[str, Any] | None = None) -> ClientError:
    """Returns a cancelled transaction: one reason for each member, the first with the existing item."""
    reasons: list[dict[str, Any]] = [{"Code": code} for code in codes]
    if item:
        reasons[0]["Item"] = item
    return failure("TransactionCanceledException", CancellationReasons=reasons)


@dataclass
class Scripted:
    """Returns or raises the next of its answers, whatever is called."""

    answers: list[Any] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.calls.append((name, arguments))
            answer = self.answers.pop(0) if self.answers else {}
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call
