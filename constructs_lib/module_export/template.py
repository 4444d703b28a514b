"""The stack as a Terraform module: synthesized twice, and what was different is a variable."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cdktf import App, TerraformResource
from constructs import Construct

from constructs_lib.module_export.interface import Interface, SynthesisInput
from constructs_lib.module_export.parameterize import parameterize
from constructs_lib.payments.stack import PaymentStack

ASSET = re.compile(r"assets/(?P<id>\w+)_Code_[0-9A-F]{8}/.+")
CODE = "code"  # folder of the zips in the module
# Of the root that calls the module: it has backend and provider, and only a root may import.
OF_A_ROOT = ("import", "moved", "provider", "removed", "terraform")


class PaymentModule(PaymentStack):
    """The stack without a place of its own: the root that calls it has state, workspace and provider.

    Every resource carries its tags itself: a root's default tags are the same for two modules in it, and
    costs are told apart by the tag Environment.
    """

    def __init__(self, scope: Construct, inputs: SynthesisInput) -> None:
        self._time = inputs.created_at
        super().__init__(scope, inputs.environment, variables=inputs.tags)
        self.add_override("data.aws_region.current", {})
        for node in self.node.find_all():
            if isinstance(node, TerraformResource) and hasattr(type(node), "tags_input"):
                tagged: Any = node
                tagged.tags = {**self.tags, **(tagged.tags_input or {})}

    def _created_at(self) -> str:
        return self._time


@dataclass(frozen=True, slots=True)
class Template:
    """Terraform JSON with variables in it, and the zips that it names, by their path in the module."""

    body: Mapping[str, Any]
    code: Mapping[str, bytes]


def template(interface: Interface) -> Template:
    """Raises ParameterizeError, PackagingError."""
    one, two = (_synthesized(interface.inputs(which)) for which in ("one", "two"))
    return Template(parameterize(one.body, two.body, interface.placeholders), one.code)


def _synthesized(inputs: SynthesisInput) -> Template:
    with TemporaryDirectory() as folder:
        app = App(outdir=folder)
        stack = PaymentModule(app, inputs)
        app.synth()
        made = Path(folder) / "stacks" / stack.node.id
        code: dict[str, bytes] = {}
        body = _moved(json.loads((made / "cdk.tf.json").read_text()), made, code)
    return Template({part: it for part, it in body.items() if part not in OF_A_ROOT}, code)


def _moved(part: Any, made: Path, code: dict[str, bytes]) -> Any:
    """Without cdktf's notes, and with zips where the module has them."""
    if isinstance(part, dict):
        return {name: _moved(it, made, code) for name, it in part.items() if name != "//"}
    if isinstance(part, list):
        return [_moved(it, made, code) for it in part]
    if isinstance(part, str) and (asset := ASSET.fullmatch(part)):
        place = f"{CODE}/{asset['id']}.zip"
        code[place] = (made / part).read_bytes()
        return f"${{path.module}}/{place}"
    return part
