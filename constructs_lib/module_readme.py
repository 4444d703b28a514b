"""The README of the Terraform module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from constructs_lib import hcl
from constructs_lib.environment import Environment
from constructs_lib.interface import PUBLISHED, output
from constructs_lib.module_inputs import Variable, as_in_a_file, variable_name
from constructs_lib.module_interface import Interface
from constructs_lib.settings import Detector

# Of a root, or of the account: no module decides it.
NOT_ITS_OWN = ("name", "aws", "state", "estate")


def readme(
    interface: Interface, variables: Sequence[Variable], outputs: Sequence[str], resources: Mapping[str, int]
) -> str:
    sections = [
        HEAD,
        _needs(interface.base),
        _table("Inputs", ("name", "type", "default", "what it is"), map(_input, variables)),
        _table("Outputs", ("name", "what it is"), map(_output, sorted(outputs))),
        _table(
            "Resources", ("type", "number"), ((f"`{kind}`", str(n)) for kind, n in sorted(resources.items()))
        ),
        FIXED + _table("", ("setting", "value"), fixed(interface)),
    ]
    return "\n".join(sections)


def fixed(interface: Interface) -> Iterator[tuple[str, str]]:
    """Settings that are no variables, with their values; none of a network that is brought."""
    variable = {knob.path.removeprefix("environment.") for knob in interface.knobs}
    brought = "network." if "estate.use.vpc" in variable else "-"
    for path, value in _settings(interface.base):
        if path not in variable and not path.startswith(brought):
            yield f"`{variable_name(path).replace('_', '.', 1)}`", f"`{hcl.value(value)}`"


def _settings(environment: Environment) -> Iterator[tuple[str, Any]]:
    for table in fields(environment):
        if table.name in NOT_ITS_OWN:
            continue
        value = getattr(environment, table.name)
        if not is_dataclass(value):
            yield table.name, as_in_a_file(value)
            continue
        for setting in fields(value):
            yield f"{table.name}.{setting.name}", _shown(getattr(value, setting.name))


def _shown(value: Any) -> Any:
    return [str(it) for it in value] if isinstance(value, tuple) else as_in_a_file(value)


def _input(it: Variable) -> tuple[str, ...]:
    default = "required" if it.default is None else f"`{hcl.value(it.default)}`"
    allowed = "; ".join(must for _, must in it.checks)
    return f"`{it.name}`", f"`{it.type}`", default, f"{it.description} It {allowed}."


def _output(name: str) -> tuple[str, ...]:
    meanings = {output(path): means for path, means in PUBLISHED.items()}
    return f"`{name}`", f"{meanings[name]}."


def _table(title: str, columns: Sequence[str], rows: Iterator[tuple[str, ...]] | map[tuple[str, ...]]) -> str:
    lines = [f"## {title}", ""] if title else []
    lines += [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    lines += [f"| {' | '.join(cell.replace('|', '\\|') for cell in row)} |" for row in rows]
    return "\n".join([*lines, ""])


def _needs(environment: Environment) -> str:
    lines = [NEEDS]
    if environment.security.guard_duty is Detector.EXISTING:
        lines.append(
            "- A GuardDuty detector in the region: the module routes its findings and does not make it."
        )
    if environment.protected:
        lines.append("- Nobody who destroys it: stateful resources have `prevent_destroy`.")
    return "\n".join([*lines, ""])


HEAD = """\
# Payments on AWS, as a Terraform module

Made by `payctl module`; changes here are lost when it is made again. No backend, no provider, no imports:
those are the calling root's. It works under `for_each`, and as often in an account as there are values of
`environment`. [examples/complete](examples/complete/main.tf) is a root that does both.

    module "payments" {
      source      = "./payments"
      environment = "shop"
    }
"""
NEEDS = """\
## Needs

- Terraform 1.11 and the AWS provider 5.100: the code of functions comes with the module, nothing is built.
- API Gateway's role for logs, of which an account and region has one (`aws_api_gateway_account`).
- The tag `Environment` as a cost allocation tag, for the budget.
- Whoever is to be told subscribes to the topics `alerts_cost`, `alerts_ops` and `alerts_security`."""
FIXED = """\
## Fixed when it was made

These decide what there is, not how large it is. To change one, change the environment's file and make the
module again.

"""
