"""The table of import ids: it has every resource type of the stacks."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import jmespath
import pytest
from cdktf import App

import constructs_lib
from constructs_lib.estate.adoption import import_ids
from constructs_lib.payments.stack import PaymentStack
from constructs_lib.settings.environments import load
from constructs_lib.settings.schema import AlertsSettings
from tests.constructs_lib.conftest import Synthesized

WITHIN = {kind for kind, how in import_ids().items() if "within" in how and "never" not in how}
NOT_IN_AWS = {"terraform_data"}
OF_THE_BACKEND = {  # of the account, which adopts nothing
    "aws_api_gateway_account",
    "aws_iam_openid_connect_provider",
    "aws_iam_role_policy_attachment",
}


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_every_type_of_a_stack_has_its_import_id(name: str, tmp_path: Path) -> None:
    environment = load(name)
    everybody = AlertsSettings(ops=("https://example.com/pager",))
    most = replace(
        environment,
        alerts=everybody,
        security=replace(environment.security, shield_advanced=True),
    )
    made = Synthesized(PaymentStack(App(outdir=str(tmp_path)), most, variables={}))
    assert made.types - set(import_ids()) == set()
    assert not [kind for kind in made.types if "id" not in import_ids()[kind]]


def test_the_table_has_what_constructs_make_and_nothing_else() -> None:
    source = "".join(file.read_text() for file in Path(constructs_lib.__file__).parent.rglob("*.py"))
    modules = re.findall(r"cdktf_cdktf_provider_aws\.([a-z0-9_]+) import", source)
    made = {f"aws_{name}" for name in modules if name != "provider" and not name.startswith("data_")}
    assert set(import_ids()) - made == WITHIN | NOT_IN_AWS
    assert made - set(import_ids()) == OF_THE_BACKEND


@pytest.mark.parametrize("kind", sorted(import_ids()))
def test_an_entry_says_how_its_thing_is_found(kind: str) -> None:
    how = import_ids()[kind]
    known = {"id", "never", "name", "by", "match", "else", "part_of", "through", "unread", "within"}
    assert set(how) <= known | {"call", "with", "json", "pick", "also"}
    assert "call" in how or kind in WITHIN | NOT_IN_AWS or "never" in how
    if "call" in how:
        assert re.fullmatch(r"[a-z0-9]+\.[a-z0-9_]+", how["call"])
        jmespath.compile(re.sub(r"<([a-z_]+)>", r"\1", how["pick"]))
