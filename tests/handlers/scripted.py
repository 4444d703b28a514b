"""An AWS client that answers by script, for what an emulator cannot be made to do."""

from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError


def failure(code: str, status: int = 400, **more: Any) -> ClientError:
    """An error as botocore raises it."""
    response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(response, "Operation")


def cancelled(*codes: str, item: dict[str, Any] | None = None) -> ClientError:
    """A cancelled transaction: one reason a member, the first with the item that was there."""
    reasons: list[dict[str, Any]] = [{"Code": code} for code in codes]
    if item:
        reasons[0]["Item"] = item
    return failure("TransactionCanceledException", CancellationReasons=reasons)


@dataclass
class Scripted:
    """Gives the next of its answers, or raises it, whatever is called."""

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
