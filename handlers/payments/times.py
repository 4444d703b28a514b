"""Time: RFC 3339 in UTC with milliseconds where people read it, epoch seconds where DynamoDB compares it."""

from collections.abc import Callable
from datetime import UTC, datetime

type Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """`2026-03-01T12:00:00.123Z`: always 24 characters, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(moment: datetime) -> int:
    """Whole seconds, as the table's TTL wants them."""
    return int(moment.timestamp())


def lease_end(now: int, seconds: int) -> int:
    """Returns the epoch second at which a lease that begins within the second `now` is over.

    One second is added because `now` is rounded down: without it, a lease could end up to a second before
    its holder has to.
    """
    return now + seconds + 1


def parsed(text: str) -> datetime:
    """A moment from the text of `rfc3339`."""
    return datetime.fromisoformat(text)
