"""A webhook endpoint: its URL, its event types and its signing secrets."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from payments.formats import epoch, rfc3339

EVERY_EVENT = "*"
MAX_SECRETS = 5
DISABLED_RETENTION = timedelta(days=30)  # as long as its deliveries


class EndpointStatus(StrEnum):
    """Represents whether an endpoint gets events."""

    ENABLED = "enabled"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Represents a signing secret, in force until `expires` (epoch seconds); the newest does not expire."""

    value: str
    expires: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Represents one version of an endpoint; its newest secret is first.

    `expires_at`: epoch seconds at which TTL deletes a disabled endpoint.
    """

    id: str
    merchant: str
    url: str
    events: tuple[str, ...]
    secrets: tuple[Secret, ...]
    created: str
    status: EndpointStatus = EndpointStatus.ENABLED
    expires_at: int | None = None
    version: int = 1

    @property
    def enabled(self) -> bool:
        return self.status is EndpointStatus.ENABLED

    def subscribes_to(self, event_type: str) -> bool:
        """Returns True if events of the type are sent to this endpoint."""
        return self.enabled and (EVERY_EVENT in self.events or event_type in self.events)

    def secrets_in_force(self, now: int) -> list[str]:
        """Returns the secrets that sign, newest first."""
        return [secret.value for secret in self.secrets if secret.expires is None or secret.expires > now]

    def rotated(self, value: str, moment: datetime, overlap: int) -> Self:
        """Returns the endpoint with a new secret; older ones sign for at most `overlap` more seconds."""
        now = epoch(moment)
        until = now + overlap
        kept = [
            Secret(value=old.value, expires=min(old.expires or until, until))
            for old in self.secrets
            if (old.expires is None or old.expires > now) and overlap
        ]
        return replace(self, secrets=(Secret(value=value), *kept), version=self.version + 1)

    def disabled(self, moment: datetime) -> Self:
        """Returns the disabled endpoint, without its secrets."""
        return replace(
            self,
            status=EndpointStatus.DISABLED,
            secrets=(),
            expires_at=epoch(moment + DISABLED_RETENTION),
            version=self.version + 1,
        )

    def view(self) -> dict[str, object]:
        """Returns the endpoint as the API shows it, without secrets."""
        shown = {
            name: getattr(self, name) for name in ("id", "url", "events", "status", "created", "merchant")
        }
        return shown | {"events": list(self.events)}

    def view_with_secret(self, moment: datetime) -> dict[str, object]:
        """Returns the view with the newest secret and the time until which older ones sign too."""
        others = [secret.expires for secret in self.secrets[1:] if secret.expires]
        until = rfc3339(datetime.fromtimestamp(max(others), moment.tzinfo)) if others else None
        return self.view() | {"secret": self.secrets[0].value, "previous_secrets_until": until}
