"""Each function starts with its environment variables alone and loads few modules."""

import json
import os
import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import payments
from constructs_lib.payments.registry import FUNCTIONS
from tests.constructs_lib.conftest import environment
from tests.handlers.support import proxy_event

HANDLERS = Path(payments.__file__).parent.parent
# Variables that a function may ignore when it starts: every function gets the first two, and the C library
# reads the last.
OPTIONAL = {"ENVIRONMENT", "LOG_LEVEL", "RES_OPTIONS"}
BY_PACKAGE = {entry.package: entry for entry in FUNCTIONS.values()}
CLIENTS = "import boto3; list(map(boto3.client, ('dynamodb', 's3', 'secretsmanager')))"


@cache
def variables(function: str) -> dict[str, str]:
    """Returns the environment variables that dev's stack sets for a function."""
    body = environment("dev").named("aws_lambda_function", BY_PACKAGE[function].id)
    found: dict[str, str] = body["environment"]["variables"]
    return found


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


def started(function: str) -> Any:
    """Starts a function and returns its handler."""
    return runpy.run_module(f"{function}.app")["handler"]


@pytest.mark.parametrize("function", BY_PACKAGE)
def test_a_function_starts_from_its_variables_and_not_without_any_of_them(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables(function).items():
        monkeypatch.setenv(name, value)
    assert callable(started(function))
    for name in variables(function).keys() - OPTIONAL:
        with monkeypatch.context() as without:
            without.delenv(name)
            with pytest.raises(KeyError, match=name):
                started(function)


def test_the_processor_answers_health_as_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables("payment_processor").items():
        monkeypatch.setenv(name, value)
    answer = started("payment_processor")(proxy_event("GET", "/v1/health", merchant=None), None)
    assert (answer["statusCode"], answer["body"]) == (200, '{"status":"ok"}')


@cache
def loaded(script: str) -> set[str]:
    """Returns the packages that a new interpreter has loaded after a script."""
    tell = "import json, sys; print(json.dumps(list(sys.modules)))"
    process = subprocess.run(
        [sys.executable, "-c", f"{script}; {tell}"],
        env=os.environ | {"PYTHONPATH": str(HANDLERS)},
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.split(".")[0] for name in json.loads(process.stdout)}


@pytest.mark.parametrize("function", BY_PACKAGE)
def test_a_function_loads_nothing_but_clients_and_its_own_few_modules(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables(function).items():
        monkeypatch.setenv(name, value)
    beyond = loaded(f"import {function}.app") - loaded(CLIENTS) - set(sys.stdlib_module_names)
    assert beyond == {"payments", function}


def test_every_function_has_a_start_test() -> None:
    """Tests that each folder with an app.py is a function; packages with a __main__.py run on machines."""
    assert {file.parent.name for file in HANDLERS.glob("*/app.py")} == BY_PACKAGE.keys()
