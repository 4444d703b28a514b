"""The steps of a rotation by Secrets Manager ("Lambda rotation functions", user guide).

Hashes and signatures are verified with the version that made them, so every version stays readable. Secrets
Manager deletes versions without a label, so each version gets its own label before another one becomes
current. A secret has at most 20 labels; without a free one, a rotation fails and changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from payments.api.api_keys import random_text
from payments.telemetry import Log

LENGTH = 64
CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"


class NotRotated(Exception):
    """Reports that a step is refused; Secrets Manager retries the rotation later."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """Rotates secrets.

    Needs secretsmanager:DescribeSecret, GetSecretValue, PutSecretValue and UpdateSecretVersionStage.
    """

    secrets: Any
    log: Log

    def __call__(self, event: Mapping[str, str], context: object) -> None:
        """Executes one step; a repetition changes nothing."""
        step, secret, version = event["Step"], event["SecretId"], event["ClientRequestToken"]
        labels = self.secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
        if CURRENT in labels.get(version, ()):
            return
        if PENDING not in labels.get(version, ()):
            raise NotRotated("the version is not waiting to become the current one")
        if step == "createSecret":
            self._create(secret, version)
        elif step == "testSecret":
            if len(self._value(secret, version)) < LENGTH:
                raise NotRotated("the new value is too short")
        elif step == "finishSecret":
            self._finish(secret, version, labels)
        elif step != "setSecret":  # for databases: no other service stores this secret
            raise NotRotated("there is no such step")
        self.log.info("rotation step done", code=step)

    def _create(self, secret: str, version: str) -> None:
        try:
            self._value(secret, version)
        except self.secrets.exceptions.ResourceNotFoundException:
            self.secrets.put_secret_value(
                SecretId=secret,
                ClientRequestToken=version,
                SecretString=random_text(LENGTH),
                VersionStages=[PENDING],
            )

    def _finish(self, secret: str, version: str, labels: Mapping[str, list[str]]) -> None:
        old = next(other for other, stages in labels.items() if CURRENT in stages)
        kept = f"KEPT-{old}"
        if kept not in labels[old]:
            self.secrets.update_secret_version_stage(SecretId=secret, VersionStage=kept, MoveToVersionId=old)
        self.secrets.update_secret_version_stage(
            SecretId=secret, VersionStage=CURRENT, MoveToVersionId=version, RemoveFromVersionId=old
        )

    def _value(self, secret: str, version: str) -> str:
        value = self.secrets.get_secret_value(SecretId=secret, VersionId=version, VersionStage=PENDING)
        return str(value["SecretString"])
