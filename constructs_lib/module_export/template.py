"""Template of the Terraform module: the stack, synthesized twice and parameterized."""

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
# Blocks of the calling root: it has the backend and the provider, and only a root may import.
ROOT_BLOCKS = ("import", "moved", "provider", "removed", "terraform")


class PaymentModule(PaymentStack):
    """Synthesizes the stack for a calling root, which has state, workspace and provider.

    Every resource has its tags itself: default tags of a root are equal for all of its modules, and the tag
    Environment separates their costs.
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
    """Represents Terraform JSON with variables, and the zips that it refers to, by path in the module."""

    body: Mapping[str, Any]
    code: Mapping[str, bytes]


def template(interface: Interface) -> Template:
    """Returns the template of a module. Raises ParameterizeError, PackagingError."""
    one, two = (_synthesize(interface.inputs(which)) for which in ("one", "two"))
    return Template(parameterize(one.body, two.body, interface.placeholders), one.code)


def _synthesize(inputs: SynthesisInput) -> Template:
    with TemporaryDirectory() as folder:
        app = App(outdir=folder)
        stack = PaymentModule(app, inputs)
        app.synth()
        made = Path(folder) / "stacks" / stack.node.id
        code: dict[str, bytes] = {}
        body = _module_body(json.loads((made / "cdk.tf.json").read_text()), made, code)
    return Template({part: it for part, it in body.items() if part not in ROOT_BLOCKS}, code)


def _module_body(part: Any, made: Path, code: dict[str, bytes]) -> Any:
    """Returns the JSON without cdktf's metadata and with the module's paths of zips; adds zips to `code`."""
    if isinstance(part, dict):
        return {name: _module_body(it, made, code) for name, it in part.items() if name != "//"}
    if isinstance(part, list):
        return [_module_body(it, made, code) for it in part]
    if isinstance(part, str) and (asset := ASSET.fullmatch(part)):
        path = f"{CODE}/{asset['id']}.zip"
        code[path] = (made / part).read_bytes()
        return f"${{path.module}}/{path}"
    return part
