"""The README of the Terraform module."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from constructs_lib.module_export import hcl
from constructs_lib.module_export.interface import Interface
from constructs_lib.module_export.variables import VariableDeclaration, as_in_file, variable_name
from constructs_lib.payments.outputs import OUTPUTS, output_name
from constructs_lib.settings.existing_resources import EVENTS, LOGS, PUBLISHERS
from constructs_lib.settings.schema import Detector, Environment

# Tables of an environment that belong to the root or to the account.
ROOT_TABLES = ("name", "aws", "state", "estate")


def readme(
    interface: Interface,
    variables: Sequence[VariableDeclaration],
    outputs: Sequence[str],
    resources: Mapping[str, int],
) -> str:
    """Returns the Markdown text."""
    sections = [
        HEAD,
        _requirements(interface.base, {it.name for it in variables}),
        _table("Inputs", ("name", "type", "default", "description"), map(_input, variables)),
        _table("Outputs", ("name", "description"), map(_output, sorted(outputs))),
        _table(
            "Resources", ("type", "number"), ((f"`{kind}`", str(n)) for kind, n in sorted(resources.items()))
        ),
        FIXED + _table("", ("setting", "value"), fixed_settings(interface)),
    ]
    return "\n".join(sections)


def fixed_settings(interface: Interface) -> Iterator[tuple[str, str]]:
    """Yields settings that are not variables, and their values; none of the network if callers pass a VPC."""
    variable = {variable.path.removeprefix("environment.") for variable in interface.module_variables}
    unused = "network." if "estate.use.vpc" in variable else "-"
    for path, value in _settings(interface.base):
        if path not in variable and not path.startswith(unused):
            yield f"`{variable_name(path).replace('_', '.', 1)}`", f"`{hcl.value(value)}`"


def _settings(environment: Environment) -> Iterator[tuple[str, Any]]:
    for table in fields(environment):
        if table.name in ROOT_TABLES:
            continue
        value = getattr(environment, table.name)
        if not is_dataclass(value):
            yield table.name, as_in_file(value)
            continue
        for setting in fields(value):
            yield f"{table.name}.{setting.name}", _shown(getattr(value, setting.name))


def _shown(value: Any) -> Any:
    return [str(it) for it in value] if isinstance(value, tuple) else as_in_file(value)


def _input(it: VariableDeclaration) -> tuple[str, ...]:
    default = "required" if it.default is None else f"`{hcl.value(it.default)}`"
    allowed = "; ".join(must for _, must in it.checks)
    return f"`{it.name}`", f"`{it.type}`", default, f"{it.description} It {allowed}."


def _output(name: str) -> tuple[str, ...]:
    descriptions = {output_name(path): description for path, description in OUTPUTS.items()}
    return f"`{name}`", f"{descriptions[name]}."


def _table(title: str, columns: Sequence[str], rows: Iterator[tuple[str, ...]] | map[tuple[str, ...]]) -> str:
    lines = [f"## {title}", ""] if title else []
    lines += [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    lines += [f"| {' | '.join(cell.replace('|', '\\|') for cell in row)} |" for row in rows]
    return "\n".join([*lines, ""])


def _requirements(environment: Environment, variables: Collection[str]) -> str:
    lines = [REQUIREMENTS, *_policies(variables)]
    if environment.security.guard_duty is Detector.EXISTING:
        lines.append(
            "- A GuardDuty detector in the region: the module routes its findings and does not create it."
        )
    if environment.protected:
        lines.append("- Stateful resources have `prevent_destroy`: the module cannot be destroyed.")
    return "\n".join([*lines, ""])


def _policies(variables: Collection[str]) -> Iterator[str]:
    """Yields requirements on resources that callers pass. Terraform cannot read policies to check them."""
    topics = {topic: f"{topic}_topic_arn" for topic in PUBLISHERS}
    if "vpc_id" in variables:
        yield "- HTTPS access to AWS from `private_subnet_ids`: a NAT gateway or VPC endpoints."
    if "key_arn" in variables:
        created = [PUBLISHERS[topic] for topic, name in topics.items() if name not in variables]
        services = sorted({EVENTS, *(service for every in created for service in every)})
        yield f"""\
- A key policy of `key_arn` that allows the account's IAM policies (`arn:aws:iam::<account>:root`,
  `kms:CreateGrant` included). It allows `kms:Decrypt` and `kms:GenerateDataKey` to
  {_listed(services)}.
  It allows these, `kms:Encrypt`, `kms:ReEncryptFrom`, `kms:ReEncryptTo` and `kms:DescribeKey` to
  `{LOGS}.<region>.amazonaws.com`."""
    for topic, name in topics.items():
        if name in variables:
            yield f"- A topic policy of `{name}` that allows {_listed(PUBLISHERS[topic])} to publish."
    if "log_bucket" in variables:
        yield """\
- A bucket policy of `log_bucket` that allows `logging.s3.amazonaws.com` to put objects under
  `payments-<environment>-*`, and AES256 as its encryption."""


def _listed(services: Sequence[str]) -> str:
    return ", ".join(f"`{service}`" for service in services)


HEAD = """\
# Payments on AWS, as a Terraform module

Generated by `payctl module`, which overwrites changes. Backend, provider and imports belong to the calling
root. The module works with `for_each`, and once for each value of `environment` in an account.
[examples/complete](examples/complete/main.tf) is such a root.

    module "payments" {
      source      = "./payments"
      environment = "shop"
    }
"""
REQUIREMENTS = """\
## Requirements

- Terraform 1.11 and the AWS provider 5.100. The module contains the code of its functions; it builds nothing.
- The role with which API Gateway writes logs, once per account and region (`aws_api_gateway_account`).
- The tag `Environment` as a cost allocation tag, for the budget.
- Subscriptions to the topics `alerts_cost`, `alerts_ops` and `alerts_security`."""
FIXED = """\
## Fixed settings

These decide which resources exist. To change one, edit the environment's file and generate the module again.

"""
