from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ops.cost import charges
from ops.cost.charges import NAMED
from ops.cost.prices import OLDEST_DAYS, Prices, load

LIST = load("eu-west-1")


def too_old(prices: Prices, today: date) -> list[str]:
    """Returns prices that were read too long ago, with the day and the URL."""
    return [
        f"{name}: read {price.source.read}, again at {price.source.url}"
        for name, price in prices.all.items()
        if (today - price.source.read).days > OLDEST_DAYS
    ]


def test_no_price_is_too_old() -> None:
    old = too_old(LIST, date.today())
    assert old == [], f"read these of prices.toml again, over {OLDEST_DAYS} days old:\n" + "\n".join(old)


@pytest.mark.parametrize("name", LIST.all)
def test_every_price_says_where_aws_publishes_it_and_was_read_after_that(name: str) -> None:
    source = LIST.all[name].source
    assert re.match(
        r"https://(aws\.amazon\.com|b0\.p\.awsstatic\.com|pricing\.us-east-1\.amazonaws\.com)/", source.url
    )
    assert source.published is None or source.published <= source.read
    assert LIST.usd(name), "the region of the environments has every price"


def test_every_price_is_charged_and_every_charge_has_a_price() -> None:
    patterns = {NAMED.sub("*", charge.price) for those in charges.load().by_type.values() for charge in those}
    likes = {re.compile(re.escape(like).replace(r"\*", ".+")) for like in patterns}
    assert [name for name in LIST.all if not any(like.fullmatch(name) for like in likes)] == []
    assert [like.pattern for like in likes if not any(like.fullmatch(name) for name in LIST.all)] == []


def test_what_is_not_known_in_a_region_has_no_price() -> None:
    assert load("us-east-1").usd("nat_hour") == Decimal("0.045")
    assert load("us-east-1").usd("secret_month") is None
    assert load("sa-east-1").usd("nat_hour") is None
    assert LIST.usd("gold") is None
    assert LIST.regions == ["eu-central-1", "eu-west-1", "us-east-1"]


def test_a_list_is_read_from_any_file(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(
        '[sources.a]\nurl = "u"\nread = 2026-01-02\n[sources.b]\nurl = "v"\nread = 2026-03-04\n'
        '[prices]\nx = { source = "a", here = 0.10 }\ny = { source = "b", here = 2 }\n'
    )
    prices = load("here", file)
    assert (prices.usd("x"), prices.usd("y")) == (Decimal("0.10"), Decimal(2))
    assert prices.read == (date(2026, 1, 2), date(2026, 3, 4))


def test_only_what_is_too_old_is_named_with_its_day_and_where_to_read_it_again(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(
        '[sources.a]\nurl = "u"\nread = 2026-01-02\n[sources.b]\nurl = "v"\nread = 2026-01-03\n'
        '[prices]\nx = { source = "a", here = 0.10 }\ny = { source = "b", here = 2 }\n'
    )
    today = date(2026, 1, 3) + timedelta(days=OLDEST_DAYS)
    assert too_old(load("here", file), today) == ["x: read 2026-01-02, again at u"]
