"""Beside an estate in HCL: used by an environment and by a module in a root, consumed by another root.

One local AWS for all of it, and every deployment whole: nothing is left out of the module that is applied.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ops.checkout import ROOT
from tests.integration.conftest import Clone
from tests.integration.shared import example, left, pay
from tests.integration.terraform import Root

pytestmark = pytest.mark.integration

HERE = Path(__file__).parent
ENVIRONMENT = "shop"
MADE_OF_A_NETWORK_AND_A_KEY = {
    "aws_vpc",
    "aws_subnet",
    "aws_nat_gateway",
    "aws_flow_log",
    "aws_kms_key",
    "aws_kms_alias",
}


@pytest.fixture(scope="module")
def estate(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Root:
    """The team's own root, applied: VPC, subnets, key, topic, log bucket."""
    root = Root(tmp_path_factory.mktemp("estate"), variables)
    shutil.copy(HERE / "used_estate" / "main.tf", root.folder)
    root.run("init", "-input=false")
    root.apply()
    return root


def _settings(has: dict[str, Any], **other: Any) -> str:
    used = {
        "vpc": has["vpc"],
        "private_subnets": has["private_subnets"],
        "key": has["key"],
        "log_bucket": has["log_bucket"],
        **other,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in used.items()]
    return "\n".join(["[estate.use]", *lines, f'topics.security = "{has["security_topic"]}"\n'])


@pytest.fixture(scope="module")
def settings(clone: Clone) -> Path:
    return clone.folder / "envs" / f"{ENVIRONMENT}.toml"


def test_what_does_not_fit_is_told_by_name_before_anything_is_planned(
    clone: Clone, estate: Root, settings: Path
) -> None:
    has = estate.outputs()
    subnets = [has["private_subnets"][0], has["public_subnet"]]
    settings.write_text(_settings(has, private_subnets=subnets))
    refused = clone.run("plan", ENVIRONMENT, "--local", code=2)
    assert f'estate.use.private_subnets: "{has["public_subnet"]}" assigns public addresses' in refused.stderr
    assert f'estate.use.private_subnets: "{has["public_subnet"]}" is not private' in refused.stderr
    assert "all are in eu-west-1a, must be in different zones" in refused.stderr
    assert "terraform plan" not in refused.stderr


@pytest.fixture(scope="module")
def up(clone: Clone, estate: Root, settings: Path) -> dict[str, Any]:
    settings.write_text(_settings(estate.outputs()))
    result: dict[str, Any] = json.loads(clone.run("up", "--env", ENVIRONMENT, "--json").stdout)
    return result


def _stack(clone: Clone) -> Root:
    return Root(clone.folder / "cdktf.out" / "stacks" / f"payments-{ENVIRONMENT}", clone.variables())


def test_an_environment_that_uses_a_network_and_a_key_makes_neither_and_takes_a_payment(
    clone: Clone, up: dict[str, Any], estate: Root
) -> None:
    assert up["payment"]["status"] == "succeeded"
    kinds = {address.split(".")[0] for address in _stack(clone).run("state", "list").splitlines()}
    assert "aws_lambda_function" in kinds
    assert not MADE_OF_A_NETWORK_AND_A_KEY & kinds
    has = estate.outputs()
    for name in ("authorizer", "payment-processor"):
        function = clone.client("lambda").get_function_configuration(FunctionName=f"payments-shop-{name}")
        assert sorted(function["VpcConfig"]["SubnetIds"]) == sorted(has["private_subnets"])
    table = clone.client("dynamodb").describe_table(TableName="payments-shop")["Table"]
    assert table["SSEDescription"]["KMSMasterKeyArn"] == has["key"]


def test_its_second_plan_and_that_of_the_estate_are_empty(
    clone: Clone, up: dict[str, Any], estate: Root
) -> None:
    assert "No changes" in clone.run("plan", ENVIRONMENT, "--local").stdout
    assert estate.changes() == ""


def test_plain_terraform_stops_on_a_subnet_that_does_not_fit(
    clone: Clone, up: dict[str, Any], estate: Root
) -> None:
    has = estate.outputs()
    file = _stack(clone).folder / "cdk.tf.json"
    whole = file.read_text()
    file.write_text(whole.replace(has["private_subnets"][1], has["public_subnet"]))
    said = " ".join(_stack(clone).run("plan", "-input=false", accept=(1,)).replace("│", " ").split())
    file.write_text(whole)
    assert f"Subnet {has['public_subnet']} gives public addresses: it is not private." in said
    assert "Resource postcondition failed" in said


def test_others_read_parameters_and_outputs_and_take_events(
    clone: Clone, up: dict[str, Any], variables: dict[str, str], tmp_path: Path
) -> None:
    consumer = Root(tmp_path, variables)
    for file in (ROOT / "examples" / "consumer").glob("*.tf"):
        shutil.copy(file, tmp_path)
    consumer.run("init", "-input=false")
    assert consumer.apply(environment=ENVIRONMENT) == (4, 0, 0)
    assert consumer.changes(environment=ENVIRONMENT) == ""
    read = consumer.outputs()
    assert read["api_url"].endswith(f"/{ENVIRONMENT}")
    payment = pay(up["url"], up["api_key"], "consumed")
    queue = clone.client("sqs")
    got = queue.receive_message(QueueUrl=read["receipts_queue"], WaitTimeSeconds=20)["Messages"]
    event = json.loads(got[0]["Body"])
    assert event["detail-type"] == "payment.succeeded"
    assert event["detail"]["payment"] == payment["id"]
    consumer.destroy(environment=ENVIRONMENT)


def test_destroying_it_leaves_what_it_used_as_it_was(clone: Clone, up: dict[str, Any], estate: Root) -> None:
    clone.run("destroy", ENVIRONMENT, "--local", "--yes")
    assert estate.changes() == ""
    assert left(clone, ENVIRONMENT) == {}


def test_a_module_that_uses_a_network_and_a_key_makes_neither_and_leaves_them_as_they_were(
    clone: Clone, settings: Path, estate: Root, variables: dict[str, str]
) -> None:
    settings.write_text(_settings(estate.outputs()))
    clone.run("module", "--env", ENVIRONMENT, "modules/used")
    root = example(clone, "used", variables)
    name = "amber"
    added, *others = root.apply(environments=[name])
    assert added > 200
    assert others == [0, 0]
    addresses = [it for it in root.run("state", "list").splitlines() if ".data." not in it]
    kinds = {address.split(".")[-2] for address in addresses}
    assert "aws_lambda_function" in kinds
    assert not MADE_OF_A_NETWORK_AND_A_KEY & kinds
    assert root.changes(environments=[name]) == ""
    table = clone.client("dynamodb").describe_table(TableName=f"payments-{name}")["Table"]
    assert table["SSEDescription"]["KMSMasterKeyArn"] == estate.outputs()["key"]
    root.destroy(environments=[name])
    assert estate.changes() == ""
    assert left(clone, name) == {}
