"""What a protected environment never loses."""

from __future__ import annotations

from typing import Any

from cdktf import TerraformResource, TerraformStack

# Type: why no plan may destroy one, not even to replace it.
KEPT = {
    "aws_api_gateway_rest_api": "merchants call its address",
    "aws_cloudwatch_event_archive": "events that can be replayed",
    "aws_dynamodb_table": "payments and the ledger",
    "aws_eip": "payment gateways know us by it",
    "aws_kms_key": "without it nothing that is stored can be read",
    "aws_s3_bucket": "the evidence",
    "aws_secretsmanager_secret": "the credentials of every merchant depend on it",
    "aws_sqs_queue": "messages that wait, and those that nobody could process",
}
# Type: arguments with which a thing outlives its resource. Functions come and go; what they logged stays as
# long as the environment keeps logs.
OUTLIVING: dict[str, dict[str, Any]] = {"aws_cloudwatch_log_group": {"skip_destroy": True}}


def protect(stack: TerraformStack) -> None:
    """Refuse every plan that would destroy what cannot be made again; call it last.

    Terraform keeps no such promise across configurations: with `protected = false`, deployed, all of it can
    be destroyed. That takes a change of the environment's file, which is what reviewers see.
    """
    for node in stack.node.find_all():
        if isinstance(node, TerraformResource):
            kind = node.terraform_resource_type
            if kind in KEPT:
                node.add_override("lifecycle.prevent_destroy", True)
            for argument, value in OUTLIVING.get(kind, {}).items():
                node.add_override(argument, value)
