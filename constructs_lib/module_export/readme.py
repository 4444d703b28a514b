"""The README of the Terraform module."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from constructs_lib.module_export import hcl
from constructs_lib.module_export.interface import Interface
from constructs_lib.module_export.variables import VariableDeclaration, as_in_a_file, variable_name
from constructs_lib.payments.outputs import OUTPUTS, output_name
from constructs_lib.settings.environment import Environment
from constructs_lib.settings.existing_resources import EVENTS, LOGS, PUBLISHERS
from constructs_lib.settings.schema import Detector

# Of a root, or of the account: no module decides it.
NOT_ITS_OWN = ("name", "aws", "state", "estate")


def readme(
    interface: Interface,
    variables: Sequence[VariableDeclaration],
    outputs: Sequence[str],
    resources: Mapping[str, int],
) -> str:
    sections = [
        HEAD,
        _needs(interface.base, {it.name for it in variables}),
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
    variable = {variable.path.removeprefix("environment.") for variable in interface.module_variables}
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


def _input(it: VariableDeclaration) -> tuple[str, ...]:
    default = "required" if it.default is None else f"`{hcl.value(it.default)}`"
    allowed = "; ".join(must for _, must in it.checks)
    return f"`{it.name}`", f"`{it.type}`", default, f"{it.description} It {allowed}."


def _output(name: str) -> tuple[str, ...]:
    meanings = {output_name(path): means for path, means in OUTPUTS.items()}
    return f"`{name}`", f"{meanings[name]}."


def _table(title: str, columns: Sequence[str], rows: Iterator[tuple[str, ...]] | map[tuple[str, ...]]) -> str:
    lines = [f"## {title}", ""] if title else []
    lines += [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    lines += [f"| {' | '.join(cell.replace('|', '\\|') for cell in row)} |" for row in rows]
    return "\n".join([*lines, ""])


def _needs(environment: Environment, variables: Collection[str]) -> str:
    lines = [NEEDS, *_brought(variables)]
    if environment.security.guard_duty is Detector.EXISTING:
        lines.append(
            "- A GuardDuty detector in the region: the module routes its findings and does not make it."
        )
    if environment.protected:
        lines.append("- Nobody who destroys it: stateful resources have `prevent_destroy`.")
    return "\n".join([*lines, ""])


def _brought(variables: Collection[str]) -> Iterator[str]:
    """What has to hold for what the calling root brings; Terraform cannot read a policy to check it."""
    topics = {topic: f"{topic}_topic_arn" for topic in PUBLISHERS}
    if "vpc_id" in variables:
        yield "- From `private_subnet_ids` a way to AWS over HTTPS: a NAT gateway or endpoints."
    if "key_arn" in variables:
        own = [PUBLISHERS[topic] for topic, name in topics.items() if name not in variables]
        services = sorted({EVENTS, *(service for every in own for service in every)})
        yield f"""\
- A policy of the key `key_arn` that admits the account's own policies (`arn:aws:iam::<account>:root`,
  `kms:CreateGrant` included), {_listed(services)} for
  `kms:Decrypt` and `kms:GenerateDataKey`, and `{LOGS}.<region>.amazonaws.com` for these, `kms:Encrypt`,
  `kms:ReEncryptFrom`, `kms:ReEncryptTo` and `kms:DescribeKey`."""
    for topic, name in topics.items():
        if name in variables:
            yield f"- A policy of the topic `{name}` that lets {_listed(PUBLISHERS[topic])} publish."
    if "log_bucket" in variables:
        yield """\
- A policy of the bucket `log_bucket` that lets `logging.s3.amazonaws.com` put objects under
  `payments-<environment>-*`, and AES256 as its encryption."""


def _listed(services: Sequence[str]) -> str:
    return ", ".join(f"`{service}`" for service in services)


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
