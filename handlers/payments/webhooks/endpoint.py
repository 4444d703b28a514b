"""An endpoint of a merchant: where its events go, which of them, and the secrets that sign them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from payments.times import epoch, rfc3339

EVERY_EVENT = "*"
MOST_SECRETS = 5
KEPT_DISABLED = timedelta(days=30)  # as long as its deliveries can be looked at


class EndpointStatus(StrEnum):
    """Whether events are sent."""

    ENABLED = "enabled"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """`value` signs until `expires`, epoch seconds; the newest one has no end."""

    value: str
    expires: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint at one version; `secrets` begins with the newest. `expires_at`: when it is forgotten."""

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

    def wants(self, event_type: str) -> bool:
        """Whether events of that type go there."""
        return self.enabled and (EVERY_EVENT in self.events or event_type in self.events)

    def signing(self, now: int) -> list[str]:
        """The secrets in force, the newest first."""
        return [secret.value for secret in self.secrets if secret.expires is None or secret.expires > now]

    def rotated(self, value: str, moment: datetime, overlap: int) -> "Endpoint":
        """With a new secret; those before it sign for `overlap` seconds more, not longer than before."""
        now = epoch(moment)
        until = now + overlap
        kept = [
            Secret(value=old.value, expires=min(old.expires or until, until))
            for old in self.secrets
            if (old.expires is None or old.expires > now) and overlap
        ]
        return replace(self, secrets=(Secret(value=value), *kept), version=self.version + 1)

    def disabled(self, moment: datetime) -> "Endpoint":
        """Without its secrets: nothing will be sent any more."""
        return replace(
            self,
            status=EndpointStatus.DISABLED,
            secrets=(),
            expires_at=epoch(moment + KEPT_DISABLED),
            version=self.version + 1,
        )

    def view(self) -> dict[str, object]:
        """The endpoint as the API shows it; secrets only in the answer that makes them."""
        return {
            "id": self.id,
            "url": self.url,
            "events": list(self.events),
            "status": self.status,
            "created": self.created,
            "merchant": self.merchant,
        }

    def revealed(self, moment: datetime) -> dict[str, object]:
        """The view with the newest secret, and until when those before it sign too."""
        others = [secret.expires for secret in self.secrets[1:] if secret.expires]
        until = rfc3339(datetime.fromtimestamp(max(others), moment.tzinfo)) if others else None
        return self.view() | {"secret": self.secrets[0].value, "previous_secrets_until": until}
