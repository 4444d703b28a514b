"""What construct tests share: a stack to build in, and its synthesized JSON to compare with."""

from __future__ import annotations

import functools
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from cdktf import TerraformStack, Testing
from cdktf_cdktf_provider_aws.provider import AwsProvider

from constructs_lib.account import Account
from constructs_lib.adoption import announce
from constructs_lib.environment import load
from constructs_lib.estate import EstateSettings
from constructs_lib.key import Key
from constructs_lib.payment_stack import PaymentStack

# pytest would take cdktf's class for a class of tests.
type.__setattr__(Testing, "__test__", False)


class Synthesized:
    """A stack's JSON, read by resource type."""

    def __init__(self, stack: TerraformStack) -> None:
        # Without the hash at the end of logical ids: the address snapshot of the whole app holds those.
        text = re.sub(r"_[0-9A-F]{8}\b", "", Testing.synth(stack, True))
        self.json: dict[str, Any] = json.loads(text)

    def all(self, kind: str, *, block: str = "resource") -> dict[str, dict[str, Any]]:
        """Resources of a type by logical id, without cdktf's metadata."""
        found = self.json.get(block, {}).get(kind, {})
        return {name: {k: v for k, v in body.items() if k != "//"} for name, body in found.items()}

    def one(self, kind: str) -> dict[str, Any]:
        """The only resource of a type."""
        found = list(self.all(kind).values())
        assert len(found) == 1, f"{len(found)} of {kind}"
        return found[0]

    def named(self, kind: str, id: str) -> dict[str, Any]:
        """The resource of a type and logical id."""
        return self.all(kind)[id]

    @property
    def types(self) -> set[str]:
        return set(self.json.get("resource", {}))


@functools.cache  # a stack takes half a second; nobody changes what was synthesized
def environment(name: str) -> Synthesized:
    """A whole environment."""
    return Synthesized(PaymentStack(Testing.app(), load(name), variables={}))


def policy(expression: str) -> list[dict[str, Any]]:
    """The statements of a rendered policy; references come out as `<aws_sqs_queue.x.arn>`."""
    inner = expression.removeprefix("${jsonencode(").removesuffix(")}")
    # Terraform's object syntax is JSON but for `=` and for bare references.
    text = re.sub(r'" = ', '": ', inner)
    text = re.sub(r"\$\{([^}]+)\}", r"<\1>", text)
    text = re.sub(r"(?<=[\[:, ])((?:aws|data)[\w.]+)(?=[\],}])", r'"<\1>"', text)
    statements: list[dict[str, Any]] = json.loads(text)["Statement"]
    return statements


class Builder:
    """A stack with what almost every construct needs."""

    def __init__(self, estate: EstateSettings | None = None) -> None:
        """`estate`: what constructs are told of before there are any."""
        self.stack = TerraformStack(Testing.app(), "t")
        announce(self.stack, estate or EstateSettings())
        AwsProvider(self.stack, "Aws", region="eu-west-1")
        self.account = Account(self.stack, "Account", region="eu-west-1")

    def key(self) -> Key:
        return Key(
            self.stack,
            "Key",
            name="payments-dev",
            account=self.account,
            deletion_window=timedelta(days=7),
        )

    def synth(self) -> Synthesized:
        return Synthesized(self.stack)


@pytest.fixture
def build() -> Builder:
    return Builder()
