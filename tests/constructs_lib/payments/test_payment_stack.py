"""The stack of an environment: sizes, protection, API, addresses."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cdktf import App

from constructs_lib.payments.stack import PaymentStack
from constructs_lib.settings.environments import load
from payments.adapters.https import LOOPBACK
from tests.apps import app
from tests.constructs_lib.conftest import Synthesized, environment, policy
from tests.constructs_lib.payments.addresses import ENVIRONMENTS, addresses, recorded

ROOT = Path(__file__).parents[3]


def _stack(name: str) -> PaymentStack:
    return PaymentStack(app(), load(name), variables={})


@pytest.fixture(scope="module")
def dev() -> Synthesized:
    return environment("dev")


@pytest.fixture(scope="module")
def prod() -> Synthesized:
    return environment("prod")


def test_every_statement_of_a_resource_policy_names_its_principals_unless_it_denies(
    prod: Synthesized,
) -> None:
    for kind in ("aws_sqs_queue", "aws_s3_bucket_policy", "aws_kms_key", "aws_sns_topic"):
        assert prod.all(kind), kind
        for id, body in prod.all(kind).items():
            for statement in policy(body["policy"]):
                assert statement["Effect"] == "Deny" or statement["Principal"] != "*", f"{kind}.{id}"
    assert {body["bucket"] for body in prod.all("aws_s3_bucket_policy").values()} == {
        f"${{aws_s3_bucket.{id}.id}}" for id in prod.all("aws_s3_bucket")
    }


def test_prod_has_its_own_sizes_and_protection(dev: Synthesized, prod: Synthesized) -> None:
    def sizes(made: Synthesized) -> dict[str, tuple[int, int]]:
        return {n: (f["memory_size"], f["timeout"]) for n, f in made.all("aws_lambda_function").items()}

    assert sizes(dev)["PaymentProcessor"] == (512, 30)
    assert sizes(dev)["EventHandler"] == (512, 60)
    assert sizes(prod)["PaymentProcessor"] == (1024, 60)
    assert sizes(prod)["EventHandler"] == (1024, 120)
    for made, protected in ((dev, False), (prod, True)):
        assert made.one("aws_dynamodb_table")["deletion_protection_enabled"] is protected
        assert made.named("aws_s3_bucket", "Audit")["force_destroy"] is not protected
        assert made.one("aws_secretsmanager_secret")["recovery_window_in_days"] == (30 if protected else 0)


def test_a_short_lived_environment_is_dev_under_its_own_name(dev: Synthesized) -> None:
    short = environment("pr7255").json
    as_dev = json.loads(json.dumps(short).replace("pr7255", "dev"))
    assert as_dev["resource"] == dev.json["resource"]


def test_the_stage_is_named_after_the_environment_throttled_and_logged(prod: Synthesized) -> None:
    stage = prod.one("aws_api_gateway_stage")
    assert stage["stage_name"] == "prod"
    assert stage["xray_tracing_enabled"] is True
    assert '"merchant" = "$context.authorizer.merchant"' in stage["access_log_settings"]["format"]
    settings = prod.one("aws_api_gateway_method_settings")["settings"]
    assert settings["throttling_rate_limit"] == load("prod").api.throttle_rate
    assert settings["throttling_burst_limit"] == load("prod").api.throttle_burst
    assert settings["data_trace_enabled"] is False


def test_no_function_may_send_webhooks_into_a_private_network(prod: Synthesized) -> None:
    for function in prod.all("aws_lambda_function").values():
        assert LOOPBACK not in function["environment"]["variables"]


def test_only_the_health_route_asks_for_no_credential(dev: Synthesized) -> None:
    methods = dev.all("aws_api_gateway_method")
    assert [n for n, m in methods.items() if m["authorization"] == "NONE"] == ["Api_Method-getHealth"]
    for method in methods.values():
        if method["authorization"] != "NONE":
            assert method["authorization"] == "CUSTOM"
            assert method["authorizer_id"] == "${aws_api_gateway_authorizer.Api_Authorizer.id}"


def test_posting_a_payment_needs_an_object_and_an_idempotency_key(dev: Synthesized) -> None:
    method = dev.named("aws_api_gateway_method", "Api_Method-createPayment")
    assert method["request_parameters"] == {"method.request.header.Idempotency-Key": True}
    assert method["request_models"] == {"application/json": "${aws_api_gateway_model.Api_ObjectModel.name}"}
    assert json.loads(dev.one("aws_api_gateway_model")["schema"])["type"] == "object"


def test_every_route_calls_the_alias_of_the_processor(dev: Synthesized) -> None:
    for integration in dev.all("aws_api_gateway_integration").values():
        assert integration["type"] == "AWS_PROXY"
        assert integration["uri"] == "${aws_lambda_alias.PaymentProcessor_Alias.invoke_arn}"
        assert integration["timeout_milliseconds"] == 29000


def test_the_pepper_gets_another_value_every_quarter(prod: Synthesized) -> None:
    rotation = prod.one("aws_secretsmanager_secret_rotation")
    assert rotation["secret_id"] == "${aws_secretsmanager_secret.Pepper.id}"
    assert rotation["rotation_rules"] == {"automatically_after_days": 90}
    assert prod.named("aws_lambda_function", "Rotation")["timeout"] == 30


def test_synthesizing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    texts = []
    for run in ("one", "two"):
        app = App(outdir=str(tmp_path / run))
        PaymentStack(app, load("dev"), variables={"TEAM": "core"})
        app.synth()
        texts.append((tmp_path / run / "stacks" / "payments-dev" / "cdk.tf.json").read_bytes())
    assert texts[0] == texts[1]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_nothing_changes_its_address(name: str) -> None:
    assert addresses(name) == recorded(name), (
        "Terraform destroys a resource whose address changes and creates another one. Move it with "
        "move_from_id. After an intended change run: python -m tests.constructs_lib.payments.addresses"
    )


def test_everything_is_tagged_with_who_what_and_since_when(dev: Synthesized) -> None:
    [provider] = dev.json["provider"]["aws"]
    [tags] = provider["default_tags"]
    assert tags["tags"] == {
        "Environment": "dev",
        "Repository": "unknown",
        "Author": "unknown",
        "PRNumber": "unknown",
        "Team": "unknown",
        "CreatedAt": "${data.terraform_remote_state.Deployment_Before.outputs.created_at}",
    }


def test_every_name_fits_the_environment(dev: Synthesized) -> None:
    text = json.dumps(dev.json)
    assert "payments-dev" in text
    assert not re.search(r"payments-(staging|prod)\b", text)


def test_the_app_loads_our_package_before_cdktf() -> None:
    code = "import main, sys; print([m for m in sys.modules if m in ('constructs_lib', 'jsii')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, text=True, capture_output=True, check=True)
    assert done.stdout.strip() == "['constructs_lib', 'jsii']"
