import re
from dataclasses import asdict, replace

import pytest

from payments.adapters.items import api_key_item, to_api_key
from payments.adapters.table import from_item, to_item
from payments.api.api_keys import SCOPES, ApiKey, Credential, Pepper, issue, parse, verify

NOW = "2026-03-01T12:00:00.000Z"
PEPPER = Pepper("v1", "pepper")


def issued() -> tuple[Credential, ApiKey]:
    text, key = issue("dev", "acme", SCOPES, PEPPER, NOW)
    credential = parse(text)
    assert credential
    return credential, key


def test_an_issued_key_is_letters_only_and_verifies() -> None:
    text, key = issue("dev", "acme", SCOPES, PEPPER, NOW)
    credential = parse(text)
    assert re.fullmatch(r"sk_dev_[A-Za-z]{12}_[A-Za-z]{32}", text)
    assert credential == Credential("dev", key.key_id, text[-32:])
    assert verify(key, credential, "pepper")


def test_the_record_does_not_hold_the_secret() -> None:
    credential, key = issued()
    assert credential.secret not in str(asdict(key))
    assert re.fullmatch("[0-9a-f]{64}", key.hash)


def test_the_record_names_the_pepper_that_verifies_it() -> None:
    credential, key = issued()
    peppers = {"v1": "pepper", "v2": "another"}
    assert verify(key, credential, peppers[key.pepper])
    assert not verify(replace(key, pepper="v2"), credential, peppers["v2"])


def test_two_keys_share_nothing() -> None:
    (one, first), (other, second) = issued(), issued()
    assert not {one.key_id, one.secret, first.salt, first.hash} & {other.key_id, other.secret, second.salt}


def test_nothing_but_the_whole_truth_verifies() -> None:
    credential, key = issued()
    assert not verify(key, replace(credential, secret="x" * 32), "pepper")
    assert not verify(key, credential, "other pepper")
    assert not verify(replace(key, salt="other"), credential, "pepper")
    assert not verify(replace(key, revoked=True), credential, "pepper")
    assert not verify(None, credential, "pepper")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sk_dev",
        "sk_dev_abc_def",
        f"sk_dev_{'a' * 12}_{'b' * 31}",
        f"sk_dev_{'a' * 12}_{'1' * 32}",
        f"pk_dev_{'a' * 12}_{'b' * 32}",
        f"sk_dev_{'a' * 12}_{'b' * 32}\n",
    ],
)
def test_what_is_no_credential_is_not_parsed(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize("merchant", ["", "a", "Acme", "a#b", "1acme", "a" * 65])
def test_a_merchant_that_could_break_a_key_of_the_table_is_refused(merchant: str) -> None:
    with pytest.raises(ValueError, match="a merchant is"):
        issue("dev", merchant, SCOPES, PEPPER, NOW)


@pytest.mark.parametrize("scopes", [(), ("payments:everything",)])
def test_only_known_scopes_are_given(scopes: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="scopes are"):
        issue("dev", "acme", scopes, PEPPER, NOW)


def test_a_key_is_read_from_its_item_as_it_was_written() -> None:
    _, key = issued()
    item = api_key_item(key)
    assert from_item(to_item(item)) == item | {"scopes": list(SCOPES)}
    assert to_api_key(from_item(to_item(item))) == key
    assert (item["pk"], item["sk"], item["entity"]) == (f"API_KEY#{key.key_id}", "API_KEY", "api_key")
    assert (item["merchant_list_pk"], item["list_sk"]) == ("API_KEYS", f"{NOW}#{key.key_id}")
