"""The query of a list: how many, from where, and which."""

import re
from collections.abc import Mapping, Sequence

from payments.ids import PAYMENT_ID
from payments.payment import Status
from payments.problems import Problem, invalid

DEFAULT_LIMIT, LARGEST_LIMIT = 20, 100
_LIMIT = re.compile(r"[1-9][0-9]{0,2}")


def values(query: Mapping[str, Sequence[str]], *filters: str) -> Mapping[str, str]:
    """The parameters, each known and given once; raises Problem that names one that is not."""
    for name, given in query.items():
        if name not in ("limit", "cursor", *filters):
            raise _wrong(name[:64], "is not a parameter of this list")
        if len(given) != 1:
            raise _wrong(name, "must be given once")
    return {name: given[0] for name, given in query.items()}


def limit(text: str | None) -> int:
    """How many a caller wants; raises Problem."""
    if text is None:
        return DEFAULT_LIMIT
    if not _LIMIT.fullmatch(text) or int(text) > LARGEST_LIMIT:
        raise _wrong("limit", f"must be a whole number of 1 to {LARGEST_LIMIT}")
    return int(text)


def status(text: str | None) -> Status | None:
    """The status that a caller wants; raises Problem."""
    if text is None or text in tuple(Status):
        return None if text is None else Status(text)
    raise _wrong("status", f"must be one of {', '.join(Status)}")


def payment(text: str | None) -> str | None:
    """The payment that a caller wants; raises Problem."""
    if text is None or PAYMENT_ID.fullmatch(text):
        return text
    raise _wrong("payment", "must be the id of a payment")


def _wrong(param: str, detail: str) -> Problem:
    return invalid([{"param": param, "detail": detail}])
