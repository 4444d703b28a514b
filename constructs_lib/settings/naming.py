"""What environments and their things are called."""

import re
from dataclasses import dataclass

SYSTEM = "payments"
ENVIRONMENT = "1 to 16 of a-z, 0-9 and single dashes between them, a letter first; not backend or default"
RESERVED = ("backend", "default")  # the stack that holds the state; the workspace that Terraform always has
WORDS = re.compile("[a-z0-9]+(-[a-z0-9]+)*")


def is_environment(name: str) -> bool:
    return bool(WORDS.fullmatch(name)) and name[0].isalpha() and len(name) <= 16 and name not in RESERVED


@dataclass(frozen=True, slots=True)
class Naming:
    """Names that AWS accepts in every environment: limits leave room for the longest, whichever this one is.

    Raises ValueError.
    """

    environment: str

    def __post_init__(self) -> None:
        if not is_environment(self.environment):
            raise ValueError(f"environment {self.environment!r}: must be {ENVIRONMENT}")

    @property
    def prefix(self) -> str:
        """Of every name, and itself that of what there is one of: stack, table, event bus."""
        return f"{SYSTEM}-{self.environment}"

    def name(self, thing: str) -> str:
        """The shortest limit is that of functions, roles, pipes and schedules: 64."""
        return f"{self.prefix}-{_thing(thing, 38)}"

    def bucket(self, thing: str, account: str) -> str:
        """Buckets: 63 with the account, which makes the name unique in the world and may be a token."""
        return f"{self.prefix}-{_thing(thing, 24)}-{account}"

    def secret(self, thing: str) -> str:
        return f"{self.prefix}/{_thing(thing, 38)}"

    def parameter(self, path: str) -> str:
        """Parameters: 15 levels at most, of which two are ours."""
        steps = path.split("/")
        if len(steps) > 13:
            raise ValueError(f"parameter {path!r}: must have at most 13 steps")
        return "/".join(("", SYSTEM, self.environment, *(_thing(step, 38) for step in steps)))


def _thing(thing: str, longest: int) -> str:
    if not WORDS.fullmatch(thing) or len(thing) > longest:
        raise ValueError(f"name {thing!r}: must be 1 to {longest} of a-z, 0-9 and single dashes between them")
    return thing
