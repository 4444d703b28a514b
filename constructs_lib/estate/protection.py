"""Protection of stateful resources against destruction."""

from typing import Any

from cdktf import TerraformResource, TerraformStack

# Resource types that no plan may destroy or replace, with the reason.
PREVENT_DESTROY = {
    "aws_api_gateway_rest_api": "merchants call its address",
    "aws_cloudwatch_event_archive": "it stores events for replay",
    "aws_dynamodb_table": "it stores payments and the ledger",
    "aws_eip": "payment gateways allow this address",
    "aws_kms_key": "stored data is unreadable without it",
    "aws_s3_bucket": "it stores audit evidence",
    "aws_secretsmanager_secret": "all API keys depend on it",
    "aws_sqs_queue": "it stores waiting messages and dead letters",
}
# Arguments with which an object stays in AWS after its resource is destroyed. Logs of a removed function stay
# for the retention time.
RETAIN: dict[str, dict[str, Any]] = {"aws_cloudwatch_log_group": {"skip_destroy": True}}


def protect(stack: TerraformStack) -> None:
    """Prevents every plan that would destroy a stateful resource; call it last.

    Terraform reads this from the configuration: after a deployment with `protected = false`, any plan
    can destroy everything. That needs a change of the environment's file, which reviewers see.
    """
    for node in stack.node.find_all():
        if isinstance(node, TerraformResource):
            kind = node.terraform_resource_type
            if kind in PREVENT_DESTROY:
                node.add_override("lifecycle.prevent_destroy", True)
            for argument, value in RETAIN.get(kind, {}).items():
                node.add_override(argument, value)
