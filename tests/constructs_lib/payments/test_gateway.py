"""The payment gateway of an environment: variables, secret and permissions."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from cdktf import App

from constructs_lib.payments.stack import PaymentStack
from constructs_lib.settings.environments import load
from constructs_lib.settings.schema import Environment, Gateway
from tests.constructs_lib.conftest import Synthesized, policy

CHARGE = {"PaymentProcessor", "Sweeper"}
SECRET = "aws_secretsmanager_secret.Stripe"


def environment(gateway: Gateway) -> Environment:
    dev = load("dev")
    return replace(dev, payments=replace(dev.payments, gateway=gateway))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def stripe(folder: Path) -> Synthesized:
    return Synthesized(PaymentStack(App(outdir=str(folder)), environment(Gateway.STRIPE), variables={}))


def test_the_secret_of_stripe_is_a_place_and_no_value(stripe: Synthesized) -> None:
    assert stripe.named("aws_secretsmanager_secret", "Stripe")["name"] == "payments-dev/stripe"
    versions = stripe.all("aws_secretsmanager_secret_version")
    assert [version["secret_id"] for version in versions.values()] == [
        "${aws_secretsmanager_secret.Pepper.id}"
    ]


def test_who_charges_is_told_of_stripe_and_may_read_its_key_and_nobody_else(stripe: Synthesized) -> None:
    for name, function in stripe.all("aws_lambda_function").items():
        expected = {"GATEWAY": "stripe", "STRIPE_SECRET_ID": f"${{{SECRET}.arn}}"} if name in CHARGE else {}
        variables = function["environment"]["variables"]
        assert {
            key: variables[key] for key in variables if key in ("GATEWAY", "STRIPE_SECRET_ID")
        } == expected
    readers = {
        name.removesuffix("_Role_Policy")
        for name, body in stripe.all("aws_iam_role_policy").items()
        for statement in policy(body["policy"])
        if tuple(statement["Action"]) == ("secretsmanager:GetSecretValue",)
        and f"<{SECRET}.arn>" in statement["Resource"]
    }
    assert readers == {*CHARGE, "Fleet_Machine"}


def test_the_sdk_of_stripe_is_shipped_to_who_charges_alone(stripe: Synthesized, folder: Path) -> None:
    shipped = {}
    for archive in (folder / "functions").glob("*.zip"):
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
        shipped[archive.stem] = "stripe/__init__.py" in names and "typing_extensions.py" in names
    assert {name for name, there in shipped.items() if there} == {
        "payments-dev-payment-processor",
        "payments-dev-sweeper",
    }
    with zipfile.ZipFile(folder / "artifacts" / "settlement-worker.zip") as opened:
        assert {"stripe/__init__.py", "boto3/__init__.py"} <= set(opened.namelist())


def test_the_simulator_needs_nothing(folder: Path) -> None:
    made = Synthesized(
        PaymentStack(App(outdir=str(folder / "simulated")), environment(Gateway.SIMULATOR), variables={})
    )
    assert "Stripe" not in made.all("aws_secretsmanager_secret")
    for name, function in made.all("aws_lambda_function").items():
        assert ("GATEWAY" in function["environment"]["variables"]) == (name in CHARGE)
    for archive in (folder / "simulated" / "functions").glob("*.zip"):
        assert archive.stat().st_size < 1_000_000, archive.name
