import json
import random
import string
from dataclasses import replace
from typing import Any

import pytest

from authorizer.authorization import Authorizer
from payments.api.api_keys import SCOPES, Pepper, issue
from payments.telemetry import Log

NUMBERS = random.Random(7)  # the credentials are part of the names of tests, which must not change


def repeated(count: int) -> str:
    return "".join(NUMBERS.choices(string.ascii_letters, k=count))


CREDENTIAL, KEY = issue("dev", "acme", SCOPES, Pepper("v1", "pepper"), "2026-03-01T12:00:00.000Z", repeated)
OTHER, _ = issue("dev", "acme", SCOPES, Pepper("v1", "pepper"), "2026-03-01T12:00:00.000Z", repeated)
ARN = "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/dev"


def authorizer(lines: list[str], key: Any = KEY, environment: str = "dev") -> Authorizer:
    return Authorizer(
        environment=environment,
        usage_key="counted",
        find=lambda key_id: key if key_id == KEY.key_id else None,
        pepper={"v1": "pepper"}.__getitem__,
        log=Log(write=lines.append),
    )


def event(authorization: str) -> dict[str, str]:
    return {
        "type": "TOKEN",
        "authorizationToken": authorization,
        "methodArn": f"{ARN}/GET/v1/payments/pay_q",
    }


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  "])
def test_a_good_key_may_call_the_whole_stage_as_its_merchant(scheme: str) -> None:
    assert authorizer([])(event(scheme + CREDENTIAL), None) == {
        "principalId": "acme",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{ARN}/*"}],
        },
        "usageIdentifierKey": "counted",
        "context": {
            "merchant": "acme",
            "key_id": KEY.key_id,
            "scopes": "payments:read payments:write",
        },
    }


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        CREDENTIAL,
        f"Basic {CREDENTIAL}",
        f"Bearer {CREDENTIAL} more",
        f"Bearer {CREDENTIAL[:-1]}",
        f"Bearer {CREDENTIAL.replace('sk_dev', 'sk_prod')}",
        f"Bearer {CREDENTIAL[:-32]}{'x' * 32}",
        f"Bearer {OTHER}",
    ],
)
def test_anything_else_is_unauthorized_in_exactly_the_word_that_makes_a_401(authorization: str) -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorizer([])(event(authorization), None)


def test_a_request_without_the_header_is_unauthorized() -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorizer([])({"methodArn": ARN}, None)


def test_a_revoked_key_is_unauthorized() -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorizer([], replace(KEY, revoked=True))(event(f"Bearer {CREDENTIAL}"), None)


def test_a_key_of_another_environment_is_unauthorized() -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorizer([], environment="prod")(event(f"Bearer {CREDENTIAL}"), None)


def test_a_table_that_fails_is_not_the_callers_fault() -> None:
    def broken(key_id: str) -> None:
        raise ConnectionError("table")

    with pytest.raises(ConnectionError):
        replace(authorizer([]), find=broken)(event(f"Bearer {CREDENTIAL}"), None)


def test_the_log_names_keys_and_never_the_secret() -> None:
    lines: list[str] = []
    authorizer(lines)(event(f"Bearer {CREDENTIAL}"), None)
    with pytest.raises(Exception, match="Unauthorized"):
        authorizer(lines)(event(f"Bearer {OTHER}"), None)
    logged = [json.loads(line) for line in lines]
    assert [(line["message"], line["key_id"]) for line in logged] == [
        ("authorized", KEY.key_id),
        ("refused", OTHER.split("_")[2]),
    ]
    assert CREDENTIAL[-32:] not in "".join(lines)
    assert OTHER[-32:] not in "".join(lines)
