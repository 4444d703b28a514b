"""Helpers of construct tests: a stack to build in, and its synthesized JSON."""

from __future__ import annotations

import functools
import json
import re
from datetime import timedelta
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from cdktf import TerraformStack, Testing

from constructs_lib.aws.account import Account
from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.log_group import LogGroup
from constructs_lib.aws.network.network import Network
from constructs_lib.aws.network.security_group import SecurityGroup
from constructs_lib.aws.provider import Provider
from constructs_lib.aws.security.key import Key
from constructs_lib.estate.adoption import announce
from constructs_lib.payments.stack import PaymentStack
from constructs_lib.settings.environments import load
from constructs_lib.settings.estate import EstateSettings
from constructs_lib.settings.schema import Environment
from tests.apps import app

# pytest would take cdktf's class for a class of tests.
type.__setattr__(Testing, "__test__", False)


class Synthesized:
    """Reads the JSON of a stack by resource type."""

    def __init__(self, stack: TerraformStack) -> None:
        # Without the hash at the end of logical ids, which the snapshot of all addresses compares.
        text = re.sub(r"_[0-9A-F]{8}\b", "", Testing.synth(stack, True))
        self.json: dict[str, Any] = json.loads(text)

    def all(self, kind: str, *, block: str = "resource") -> dict[str, dict[str, Any]]:
        """Returns the resources of a type by logical id, without metadata of cdktf."""
        found = self.json.get(block, {}).get(kind, {})
        return {name: {k: v for k, v in body.items() if k != "//"} for name, body in found.items()}

    def one(self, kind: str) -> dict[str, Any]:
        """Returns the only resource of a type."""
        found = list(self.all(kind).values())
        assert len(found) == 1, f"{len(found)} of {kind}"
        return found[0]

    def named(self, kind: str, id: str) -> dict[str, Any]:
        """Returns the resource of a type with a logical id."""
        return self.all(kind)[id]

    @property
    def types(self) -> set[str]:
        return set(self.json.get("resource", {}))


@functools.cache  # a stack takes half a second, and no test changes it
def environment(name: str) -> Synthesized:
    """Synthesizes a whole environment."""
    return Synthesized(PaymentStack(app(), load(name), variables={}))


def policy(expression: str) -> list[dict[str, Any]]:
    """Returns the statements of a rendered policy, with references as `<aws_sqs_queue.x.arn>`."""
    inner = expression.removeprefix("${jsonencode(").removesuffix(")}")
    # Terraform's object syntax is JSON except for `=` and bare references.
    text = re.sub(r'" = ', '": ', inner)
    text = re.sub(r"\$\{([^}]+)\}", r"<\1>", text)
    text = re.sub(r"(?<=[\[:, ])((?:aws|data)[\w.]+)(?=[\],}])", r'"<\1>"', text)
    statements: list[dict[str, Any]] = json.loads(text)["Statement"]
    return statements


class Builder:
    """Builds a stack with the resources that most constructs need."""

    def __init__(self, estate: EstateSettings | None = None) -> None:
        """`estate` is announced before any construct exists."""
        self.stack = TerraformStack(app(), "t")
        announce(self.stack, estate or EstateSettings())
        Provider(self.stack, "Aws", region="eu-west-1")
        self.account = Account(self.stack, "Account", region="eu-west-1")

    def key(self) -> Key:
        return Key(
            self.stack,
            "Key",
            name="payments-dev",
            account=self.account,
            deletion_window=timedelta(days=7),
        )

    def network(self) -> Network:
        """Creates a network with one zone."""
        return Network(
            self.stack,
            "Network",
            name="n",
            region="eu-west-1",
            cidr=IPv4Network("10.0.0.0/16"),
            public_subnets=[IPv4Network("10.0.0.0/20")],
            private_subnets=[IPv4Network("10.0.128.0/20")],
            nat_gateways=1,
        )

    def function(self, id: str, key: Key, folder: Path) -> Function:
        """Creates a function without code in its own network; `folder` gets its source file."""
        code = folder / "app.py"
        code.touch()
        network = self.network()
        return Function(
            self.stack,
            id,
            name=id.lower(),
            sources={"app.py": code},
            handler="app.handler",
            memory_mb=512,
            timeout=timedelta(seconds=30),
            environment={},
            log_group=LogGroup(self.stack, "Log", name="l", key=key, retention=timedelta(days=30)),
            network=network,
            security_group=SecurityGroup(self.stack, "Sg", name="s", description="d", network=network),
        )

    def synth(self) -> Synthesized:
        return Synthesized(self.stack)


@pytest.fixture
def build() -> Builder:
    return Builder()


@pytest.fixture
def envs(tmp_path: Path) -> Path:
    """Creates a folder of environment files."""
    folder = tmp_path / "envs"
    folder.mkdir()
    return folder


def read(envs: Path, text: str, name: str = "dev") -> Environment:
    """Loads an environment whose file has this text."""
    (envs / f"{name}.toml").write_text(text, encoding="utf-8")
    return load(name, envs=envs)
