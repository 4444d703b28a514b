"""Names of environments and their resources."""

import re
from dataclasses import dataclass

SYSTEM = "payments"
ENVIRONMENT_NAME_RULE = (
    "1 to 16 characters a-z, 0-9 and single dashes between them, a letter first; "
    "backend and default are reserved"
)
RESERVED = ("backend", "default")  # names of the backend's stack and of Terraform's own workspace
WORDS = re.compile("[a-z0-9]+(-[a-z0-9]+)*")


def is_environment(name: str) -> bool:
    """Checks the name of an environment."""
    return bool(WORDS.fullmatch(name)) and name[0].isalpha() and len(name) <= 16 and name not in RESERVED


@dataclass(frozen=True, slots=True)
class Naming:
    """Derives names of resources. A name is valid in every environment: limits assume the longest prefix.

    Raises ValueError for invalid names.
    """

    environment: str

    def __post_init__(self) -> None:
        if not is_environment(self.environment):
            raise ValueError(f"environment {self.environment!r}: must be {ENVIRONMENT_NAME_RULE}")

    @property
    def prefix(self) -> str:
        """Returns the prefix of all names. Singletons have it as their name: stack, table, event bus."""
        return f"{SYSTEM}-{self.environment}"

    def name(self, part: str) -> str:
        """Returns a name of at most 64 characters, the limit of functions, roles, pipes and schedules."""
        return f"{self.prefix}-{_checked(part, 38)}"

    def bucket(self, part: str, account: str) -> str:
        """Returns a name of at most 63 characters. The account may be a token; it makes the name unique."""
        return f"{self.prefix}-{_checked(part, 24)}-{account}"

    def secret(self, part: str) -> str:
        """Returns a name with the prefix as its path."""
        return f"{self.prefix}/{_checked(part, 38)}"

    def parameter(self, path: str) -> str:
        """Returns a path of at most 15 levels, the limit of parameters."""
        steps = path.split("/")
        if len(steps) > 13:
            raise ValueError(f"parameter {path!r}: must have at most 13 steps")
        return "/".join(("", SYSTEM, self.environment, *(_checked(step, 38) for step in steps)))


def _checked(part: str, longest: int) -> str:
    if not WORDS.fullmatch(part) or len(part) > longest:
        raise ValueError(
            f"name {part!r}: must be 1 to {longest} characters a-z, 0-9 and single dashes between them"
        )
    return part
