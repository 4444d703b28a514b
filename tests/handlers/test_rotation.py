from dataclasses import dataclass, field
from typing import Any

import pytest

from payments.telemetry import Log
from rotation.steps import LENGTH, NotRotated, Rotation

SECRET = "payments-dev/pepper"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
LABELS = 20  # that a secret may have ("Secrets Manager quotas")


@dataclass
class Vault:
    """Implements the part of Secrets Manager that a rotation needs: values and labels of versions."""

    class exceptions:
        ResourceNotFoundException = LookupError

    values: dict[str, str] = field(default_factory=lambda: {"v1": "first"})
    labels: dict[str, str] = field(default_factory=lambda: {"AWSCURRENT": "v1"})

    def announce(self, version: str) -> str:
        """Adds a version without a value, as it exists before the first step."""
        self.labels["AWSPENDING"] = version
        return version

    def describe_secret(self, SecretId: str) -> dict[str, Any]:
        stages: dict[str, list[str]] = {}
        for label, version in self.labels.items():
            stages.setdefault(version, []).append(label)
        return {"VersionIdsToStages": stages}

    def get_secret_value(self, SecretId: str, VersionId: str, VersionStage: str) -> dict[str, str]:
        if VersionId not in self.values or self.labels[VersionStage] != VersionId:
            raise LookupError
        return {"SecretString": self.values[VersionId]}

    def put_secret_value(
        self, SecretId: str, ClientRequestToken: str, SecretString: str, VersionStages: list[str]
    ) -> None:
        assert ClientRequestToken not in self.values
        self.values[ClientRequestToken] = SecretString
        self.labels |= dict.fromkeys(VersionStages, ClientRequestToken)

    def update_secret_version_stage(
        self, SecretId: str, VersionStage: str, MoveToVersionId: str, RemoveFromVersionId: str | None = None
    ) -> None:
        if VersionStage not in self.labels and len(self.labels) == LABELS:
            raise RuntimeError("LimitExceededException")
        assert self.labels.get(VersionStage) == RemoveFromVersionId
        self.labels[VersionStage] = MoveToVersionId
        if VersionStage == "AWSCURRENT":
            self.labels["AWSPREVIOUS"] = str(RemoveFromVersionId)


def rotate(vault: Vault, version: str, *steps: str) -> list[str]:
    """Returns the log lines."""
    lines: list[str] = []
    rotation = Rotation(vault, Log(write=lines.append))
    for step in steps:
        rotation({"Step": step, "SecretId": SECRET, "ClientRequestToken": version}, None)
    return lines


def test_a_rotation_makes_another_value_current_and_keeps_the_old_one_by_a_label() -> None:
    vault = Vault()
    rotate(vault, vault.announce("v2"), *STEPS)
    assert vault.labels["AWSCURRENT"] == "v2"
    assert vault.labels["KEPT-v1"] == "v1"
    assert vault.values["v1"] == "first"
    assert len(vault.values["v2"]) == LENGTH
    assert vault.values["v2"].isalpha()


def test_after_many_rotations_every_value_still_has_a_label() -> None:
    vault = Vault()
    for number in range(2, 10):
        rotate(vault, vault.announce(f"v{number}"), *STEPS)
    assert len(set(vault.values.values())) == 9
    assert set(vault.labels.values()) == set(vault.values)


def test_each_step_changes_nothing_the_second_time() -> None:
    vault = Vault()
    vault.announce("v2")
    rotate(vault, "v2", "createSecret")
    made = vault.values["v2"]
    rotate(vault, "v2", *STEPS)
    labels = dict(vault.labels)
    rotate(vault, "v2", *STEPS)
    assert (vault.values["v2"], vault.labels) == (made, labels)


def test_a_rotation_that_ended_half_way_is_finished_by_the_next_attempt() -> None:
    vault = Vault()
    rotate(vault, vault.announce("v2"), *STEPS[:-1])
    vault.labels["KEPT-v1"] = "v1"
    rotate(vault, "v2", "finishSecret")
    assert vault.labels["AWSCURRENT"] == "v2"


def test_without_a_free_label_the_old_value_stays_the_current_one() -> None:
    vault = Vault()
    vault.labels |= {f"KEPT-{number}": "v0" for number in range(LABELS - 2)}
    with pytest.raises(RuntimeError, match="LimitExceeded"):
        rotate(vault, vault.announce("v2"), *STEPS)
    assert vault.labels["AWSCURRENT"] == "v1"


@pytest.mark.parametrize(
    ("version", "step", "why"),
    [
        ("v3", "createSecret", "not waiting"),
        ("v2", "burnSecret", "no such step"),
    ],
)
def test_a_step_that_is_not_due_is_refused(version: str, step: str, why: str) -> None:
    vault = Vault()
    vault.announce("v2")
    with pytest.raises(NotRotated, match=why):
        rotate(vault, version, step)
    assert vault.values == {"v1": "first"}


def test_a_value_that_is_too_short_never_becomes_the_current_one() -> None:
    vault = Vault()
    vault.announce("v2")
    vault.values["v2"] = "short"
    with pytest.raises(NotRotated, match="too short"):
        rotate(vault, "v2", "testSecret")


def test_no_value_is_ever_logged() -> None:
    vault = Vault()
    lines = rotate(vault, vault.announce("v2"), *STEPS)
    assert len(lines) == len(STEPS)
    assert not [line for line in lines if vault.values["v2"] in line or "first" in line]
