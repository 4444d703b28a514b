"""Beside an estate in HCL: used by an environment, consumed by another root, embedded as a module.

One local AWS for all of it, and every deployment whole: nothing is left out of the module that is applied.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ops.checkout import ROOT
from ops.http import request
from ops.local import engine
from tests.integration.conftest import Clone
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
PAYMENT = {"amount": 1200, "currency": "EUR", "payment_method": "pm_approved"}


@pytest.fixture(scope="module")
def variables(clone: Clone) -> dict[str, str]:
    clone.run("local", "start")
    return clone.variables()


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
    assert f'estate.use.private_subnets: "{has["public_subnet"]}" gives public addresses' in refused.stderr
    assert f'estate.use.private_subnets: "{has["public_subnet"]}" is not private' in refused.stderr
    assert "all lie in eu-west-1a, must lie in different zones" in refused.stderr
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
    payment = _pay(up["url"], up["api_key"], "consumed")
    queue = clone.client("sqs")
    got = queue.receive_message(QueueUrl=read["receipts_queue"], WaitTimeSeconds=20)["Messages"]
    event = json.loads(got[0]["Body"])
    assert event["detail-type"] == "payment.succeeded"
    assert event["detail"]["payment"] == payment["id"]
    consumer.run("destroy", "-input=false", "-auto-approve", given={"environment": ENVIRONMENT})


def _pay(url: str, api_key: str, key: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {api_key}", "Idempotency-Key": key}
    answer = request("POST", f"{url}/v1/payments", headers=headers, body=PAYMENT)
    assert answer.status == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_destroying_it_leaves_what_it_used_as_it_was(clone: Clone, up: dict[str, Any], estate: Root) -> None:
    clone.run("destroy", ENVIRONMENT, "--local", "--yes")
    assert estate.changes() == ""
    assert _left(clone, ENVIRONMENT) == {}


# The module


def test_a_module_that_uses_a_network_and_a_key_makes_neither_and_leaves_them_as_they_were(
    clone: Clone, up: dict[str, Any], estate: Root, variables: dict[str, str]
) -> None:
    clone.run("module", ENVIRONMENT, "modules/used")
    root = _example(clone, "used", variables)
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
    _destroy(root, environments=[name])
    assert estate.changes() == ""
    assert _left(clone, name) == {}


def _example(clone: Clone, module: str, variables: dict[str, str]) -> Root:
    root = Root(clone.folder / "modules" / module / "examples" / "complete", variables)
    shutil.copy(ROOT / ".terraform.lock.hcl", root.folder)
    root.run("init", "-input=false")
    return root


def _destroy(root: Root, **given: Any) -> None:
    root.run("destroy", "-input=false", "-auto-approve", "-parallelism=60", given=given)
    assert root.run("state", "list") == ""


@pytest.fixture(scope="module")
def embedded(clone: Clone, variables: dict[str, str]) -> Root:
    """The example root of a module that was just made."""
    clone.run("module", "--generic", "modules/payments")
    return _example(clone, "payments", variables)


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
        paid = _pay(engine.invoke_url(aws, api, name), credential, f"once-{name}")
        assert paid["status"] == "succeeded"


def test_destroying_the_modules_leaves_nothing(clone: Clone, embedded: Root) -> None:
    _destroy(embedded, environments=["blue", "green"])
    assert _left(clone, "blue") == _left(clone, "green") == {}


def test_a_folder_with_a_state_in_it_is_not_made_again(clone: Clone, embedded: Root) -> None:
    refused = clone.run("module", "--generic", "modules/payments", code=2)
    assert "examples/complete/terraform.tfstate" in refused.stderr


def _left(clone: Clone, environment: str) -> dict[str, list[str]]:
    """What is there with the environment's name."""
    account = {
        "tables": clone.client("dynamodb").list_tables()["TableNames"],
        "buckets": [it["Name"] for it in clone.client("s3").list_buckets()["Buckets"]],
        "queues": clone.client("sqs").list_queues().get("QueueUrls", []),
        "functions": [it["FunctionName"] for it in clone.client("lambda").list_functions()["Functions"]],
        "roles": [it["RoleName"] for it in clone.client("iam").list_roles()["Roles"]],
        "secrets": [it["Name"] for it in clone.client("secretsmanager").list_secrets()["SecretList"]],
        "apis": [it["name"] for it in clone.client("apigateway").get_rest_apis()["items"]],
        "groups": [it["logGroupName"] for it in clone.client("logs").describe_log_groups()["logGroups"]],
        "pipes": [it["Name"] for it in clone.client("pipes").list_pipes()["Pipes"]],
        "topics": [it["TopicArn"] for it in clone.client("sns").list_topics()["Topics"]],
        "parameters": [it["Name"] for it in clone.client("ssm").describe_parameters()["Parameters"]],
        "vpcs": [
            tag["Value"] for it in clone.client("ec2").describe_vpcs()["Vpcs"] for tag in it.get("Tags", [])
        ],
    }
    own = {kind: [name for name in names if _is_of(name, environment)] for kind, names in account.items()}
    return {kind: names for kind, names in own.items() if names}


def _is_of(name: str, environment: str) -> bool:
    return f"payments-{environment}" in name.replace("/", "-") or name.endswith(f"/{environment}")
