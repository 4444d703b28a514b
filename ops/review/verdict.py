"""Verdicts of a review, and the kinds of its findings."""

from enum import Enum, IntEnum


class Verdict(IntEnum):
    """Represents a verdict; the worst of several is their maximum."""

    SAFE = 0
    REVIEW = 1
    DANGEROUS = 2
    BLOCKED = 3

    @property
    def exit_code(self) -> int:
        """Returns 0 for SAFE, 3 for BLOCKED, 2 for the others."""
        return {Verdict.SAFE: 0, Verdict.BLOCKED: 3}.get(self, 2)


class Kind(Enum):
    """Represents the kind of a finding by its key and heading, in the order of a review."""

    INCOMPLETE = ("incomplete", "Incomplete plan")
    DATA_LOSS = ("data-loss", "Data loss")
    RENAME = ("rename", "Probable renames")
    IAM = ("iam", "Permissions")
    NETWORK = ("network", "Network exposure")
    PROTECTION = ("protection", "Weaker encryption, logging or protection")
    PAYMENTS = ("payments", "Payment outages")
    CHECK = ("check", "Failed checks")
    SECRET = ("secret", "Changed secrets")
    COST = ("cost", "Cost")
    POLICY = ("policy", "Policy findings")
    DRIFT = ("drift", "Drift")
    STATE = ("state", "Moved, imported, forgotten")
    OUTPUT = ("output", "Outputs")
    CHANGE = ("change", "Other changes")

    def __init__(self, key: str, title: str) -> None:
        self.key = key  # the first part of its rules
        self.title = title
