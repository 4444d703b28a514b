"""The files of the Terraform module, by their path in it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from constructs_lib.module_export import hcl
from constructs_lib.module_export.interface import Interface
from constructs_lib.module_export.readme import readme
from constructs_lib.module_export.template import Template, template
from constructs_lib.module_export.variables import VariableDeclaration
from constructs_lib.payments.outputs import OUTPUTS, output_name

MADE = "Made by `payctl module`: changes here are lost when it is made again."
TERRAFORM = ">= 1.11"  # write-only arguments keep the secret out of the state
PROVIDER = ">= 5.100.0, < 6.0.0"
EXAMPLE = "examples/complete"


def files(interface: Interface) -> dict[str, bytes]:
    """Raises ParameterizeError, PackagingError."""
    made = template(interface)
    variables = _asked(interface.declarations, made)
    outputs = made.body["output"]
    body = {part: it for part, it in made.body.items() if part != "output"}
    resources = Counter({kind: len(found) for kind, found in sorted(made.body["resource"].items())})
    texts = {
        "README.md": readme(interface, variables, list(outputs), resources),
        "main.tf.json": json.dumps(body, indent=2, sort_keys=True) + "\n",
        "outputs.tf": hcl.document(map(_output, sorted(outputs.items())), head=MADE),
        "variables.tf": hcl.document((it.block() for it in variables), head=MADE),
        "versions.tf": hcl.document([_versions()], head=MADE),
        f"{EXAMPLE}/main.tf": _example(variables),
    }
    return {**{path: text.encode() for path, text in texts.items()}, **made.code}


def _asked(variables: list[VariableDeclaration], made: Template) -> list[VariableDeclaration]:
    """Without those that nothing depends on in this module, such as a network's when one is brought."""
    found = set(re.findall(r"\bvar\.(\w+)", json.dumps(made.body)))
    asked = [it for it in variables if it.name in found]
    return sorted(asked, key=lambda it: (it.default is not None, it.name))


def _output(entry: tuple[str, Mapping[str, Any]]) -> hcl.Block:
    name, body = entry
    value = re.fullmatch(r"\$\{([^{}]*)\}", body["value"])
    return hcl.Block(
        f'output "{name}"',
        {
            "description": hcl.quoted(body["description"]),
            "value": value[1] if value else json.dumps(body["value"]),
        },
    )


def _versions() -> hcl.Block:
    aws = f'{{ source = "hashicorp/aws", version = {hcl.quoted(PROVIDER)} }}'
    return hcl.Block(
        "terraform",
        {"required_version": hcl.quoted(TERRAFORM)},
        blocks=(hcl.Block("required_providers", {"aws": aws}),),
    )


def _example(variables: list[VariableDeclaration]) -> str:
    """A root that makes one module for each of its `environments`."""
    own = VariableDeclaration(
        name="environments",
        type="set(string)",
        description="A module is made for each.",
        checks=(),
        default=["shop"],
    )
    brought = [it for it in variables if it.default is None and it.name != "environment"]
    passed = {it.name: f"var.{it.name}" for it in brought}
    module = hcl.Block(
        'module "payments"',
        {"source": '"../.."', "for_each": "var.environments", "environment": "each.key", **passed},
    )
    urls = hcl.Block(
        'output "api_urls"',
        {
            "description": hcl.quoted(f"{OUTPUTS['api/url']}, by environment"),
            "value": f"{{ for name, it in module.payments : name => it.{output_name('api/url')} }}",
        },
    )
    ids = hcl.Block(
        'output "api_ids"',
        {
            "description": hcl.quoted(f"{OUTPUTS['api/id']}, by environment"),
            "value": f"{{ for name, it in module.payments : name => it.{output_name('api/id')} }}",
        },
    )
    region = VariableDeclaration(
        name="region", type="string", description="Where everything lies.", checks=(), default="eu-west-1"
    )
    inputs = [
        own,
        region,
        *(
            VariableDeclaration(name=it.name, type=it.type, description=it.description, checks=())
            for it in brought
        ),
    ]
    blocks = [
        _versions(),
        hcl.Block('provider "aws"', {"region": "var.region"}),
        *(it.block() for it in inputs),
        module,
        urls,
        ids,
    ]
    return hcl.document(
        blocks, head="One module for each environment. Put your backend where your other roots have it."
    )
