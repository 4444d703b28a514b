"""From a bearer credential to a policy (API Gateway's Lambda authorizer of type TOKEN)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from payments.api_keys import ApiKey, parse, verify
from payments.logs import Log


@dataclass(frozen=True, slots=True)
class Authorizer:
    """`find` gets the record of a key; `pepper` one version of the secret, from a cache.

    `meter` is what API Gateway counts every call under (its usage plan's key; it opens nothing).
    """

    environment: str
    meter: str
    find: Callable[[str], ApiKey | None]
    pepper: Callable[[str], str]
    log: Log

    def __call__(self, event: Mapping[str, str], context: object) -> dict[str, Any]:
        """The policy for the whole stage, for API Gateway caches it by credential, not by method.

        API Gateway makes a 401 of an exception with exactly this text, and a 500 of any other: a table or a
        secret that cannot be read is not the caller's fault.
        """
        key = self._key(event.get("authorizationToken", ""))
        if key is None:
            raise Exception("Unauthorized")
        self.log.info("authorized", key_id=key.key_id, merchant=key.merchant)
        return {
            "principalId": key.merchant,
            "policyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Action": "execute-api:Invoke",
                        "Effect": "Allow",
                        "Resource": _whole_stage(event["methodArn"]),
                    }
                ],
            },
            "usageIdentifierKey": self.meter,
            "context": {"merchant": key.merchant, "key_id": key.key_id, "scopes": " ".join(key.scopes)},
        }

    def _key(self, authorization: str) -> ApiKey | None:
        scheme, _, text = authorization.partition(" ")
        credential = parse(text.strip(" "))
        # RFC 9110: the name of a scheme is not case-sensitive.
        if scheme.lower() != "bearer" or not credential or credential.environment != self.environment:
            return None
        key = self.find(credential.key_id)
        if verify(key, credential, self.pepper(key.pepper) if key else ""):
            return key
        self.log.info("refused", key_id=credential.key_id)
        return None


def _whole_stage(method_arn: str) -> str:
    """`arn:aws:execute-api:…:<api>/<stage>/GET/v1/…` without its method and path."""
    api, stage, *_ = method_arn.split("/")
    return f"{api}/{stage}/*"
