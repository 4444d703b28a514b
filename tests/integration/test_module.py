"""The whole stack as a module in somebody's root: applied alone, then twice in one account, destroyed."""

from __future__ import annotations

import json

import pytest

from ops.local import engine
from tests.integration.conftest import Clone
from tests.integration.shared import example, left, pay
from tests.integration.terraform import Root

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def embedded(clone: Clone, variables: dict[str, str]) -> Root:
    """The example root of the module of the default settings."""
    clone.run("module", "--generic", "modules/payments")
    return example(clone, "payments", variables)


def test_a_module_is_valid_and_laid_out_as_terraform_does(embedded: Root) -> None:
    assert embedded.run("validate").strip() == "Success! The configuration is valid."
    Root(embedded.folder.parent.parent, embedded.variables).run("fmt", "-check", "-recursive")


@pytest.mark.parametrize(
    "wrong",
    [
        {
            "environment": '"Shop"',
            "lambda_log_level": '"warn"',
            "lambda_memory_mb": "200.5",
            "logs_retention_days": "31",
            "network_cidr": '"10.0.0.1/16"',
        },
        {"fleet_desired": "3", "queue_visibility_timeout": "30"},  # against other variables: looked at later
    ],
)
def test_a_module_refuses_wrong_values_by_their_names(embedded: Root, wrong: dict[str, str]) -> None:
    file = embedded.folder / "main.tf"
    whole = file.read_text()
    given = {"environment": "each.key", **wrong}
    lines = "".join(f"  {name} = {value}\n" for name, value in given.items())
    file.write_text(whole.replace("  environment = each.key\n", lines))
    said = embedded.run("plan", "-input=false", accept=(1,))
    file.write_text(whole)
    assert said.count("Invalid value for variable") == len(wrong)
    for name in wrong:
        assert f"\n{name}: " in said


def test_a_module_is_applied_alone_and_then_twice_and_takes_payments(clone: Clone, embedded: Root) -> None:
    added, *others = embedded.apply(environments=["blue"])
    assert added > 200
    assert others == [0, 0]
    assert embedded.apply(environments=["blue", "green"]) == (added, 0, 0)
    assert embedded.changes(environments=["blue", "green"]) == ""
    keys = clone.client("apigateway").get_api_keys(includeValues=True)["items"]
    assert len({it["value"] for it in keys}) == 2  # each counts the calls of its own API
    aws = embedded.variables["AWS_ENDPOINT_URL"]
    for name, api in embedded.outputs()["api_ids"].items():
        issued = clone.run("keys", "create", name, "--merchant", "shop", "--local", "--json")
        credential = json.loads(issued.stdout)["api_key"]
        paid = pay(engine.invoke_url(aws, api, name), credential, f"once-{name}")
        assert paid["status"] == "succeeded"


def test_destroying_the_modules_leaves_nothing(clone: Clone, embedded: Root) -> None:
    embedded.destroy(environments=["blue", "green"])
    assert left(clone, "blue") == left(clone, "green") == {}


def test_a_folder_with_a_state_in_it_is_not_made_again(clone: Clone, embedded: Root) -> None:
    refused = clone.run("module", "--generic", "modules/payments", code=2)
    assert "examples/complete/terraform.tfstate" in refused.stderr
