"""Authorization of bearer credentials for API Gateway (a Lambda authorizer of type TOKEN)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from payments.api.api_keys import ApiKey, parse, verify
from payments.telemetry import Log


@dataclass(frozen=True, slots=True)
class Authorizer:
    """Authenticates API keys.

    `find` returns the record of a key, `pepper` one version of the secret, from a cache. `usage_key` is the
    usage plan's key under which API Gateway counts requests; it grants no access.
    """

    environment: str
    usage_key: str
    find: Callable[[str], ApiKey | None]
    pepper: Callable[[str], str]
    log: Log

    def __call__(self, event: Mapping[str, str], context: object) -> dict[str, Any]:
        """Returns a policy for the whole stage: API Gateway caches it by credential, not by method.

        An exception with exactly the text `Unauthorized` makes API Gateway answer 401. Any other exception,
        for example for a table that cannot be read, makes it answer 500.
        """
        key = self._authenticate(event.get("authorizationToken", ""))
        if key is None:
            raise Exception("Unauthorized")
        self.log.info("authorized", key_id=key.key_id, merchant=key.merchant)
        # The ARN of a method is `arn:aws:execute-api:…:<api>/<stage>/GET/v1/…`.
        api, stage, *_ = event["methodArn"].split("/")
        allowed = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{api}/{stage}/*"}
        return {
            "principalId": key.merchant,
            "policyDocument": {"Version": "2012-10-17", "Statement": [allowed]},
            "usageIdentifierKey": self.usage_key,
            "context": {"merchant": key.merchant, "key_id": key.key_id, "scopes": " ".join(key.scopes)},
        }

    def _authenticate(self, authorization: str) -> ApiKey | None:
        scheme, _, text = authorization.partition(" ")
        credential = parse(text.strip(" "))
        # RFC 9110: scheme names are not case-sensitive.
        if scheme.lower() != "bearer" or not credential or credential.environment != self.environment:
            return None
        key = self.find(credential.key_id)
        if verify(key, credential, self.pepper(key.pepper) if key else ""):
            return key
        self.log.info("refused", key_id=credential.key_id)
        return None
