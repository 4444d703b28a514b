"""Checks of an existing KMS key: its kind, its state, and the principals that its policy allows."""

from collections.abc import Iterator
from typing import Any

from constructs_lib.settings.existing_resources import LOGS, key_services
from constructs_lib.settings.naming import Naming
from ops.estate.caller import Caller, call_unless_missing
from ops.estate.use.policies import AccessRequest, denied_actions
from ops.target import Target

SERVICE_USE = ("kms:Decrypt", "kms:GenerateDataKey")
LOGS_USE = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
ROLE_USE = (*SERVICE_USE, "kms:DescribeKey")
# Terraform's actions for the grant of the role that launches instances.
GRANT = ("kms:CreateGrant", "kms:DescribeKey", "kms:ListGrants", "kms:RevokeGrant")
USED_THROUGH = ("dynamodb", "s3", "scheduler", "secretsmanager", "sqs")  # by roles and by Terraform
REQUIRED = {
    "Enabled": True,
    "KeySpec": "SYMMETRIC_DEFAULT",
    "KeyUsage": "ENCRYPT_DECRYPT",
    "KeyManager": "CUSTOMER",
}


def key_problems(target: Target, caller: Caller) -> Iterator[str]:
    """Yields why a key cannot be used: its properties, and principals that its policy does not allow.

    Every key is refused if the environment is deployed with its own key, because a plan would destroy that.
    IAM: kms:DescribeKey, kms:GetKeyPolicy.
    """
    kms, arn = target.client("kms"), str(target.environment.estate.use.key)
    key = kms.describe_key(KeyId=arn)["KeyMetadata"]
    setting = f'estate.use.key = "{arn}":'
    for name, required in REQUIRED.items():
        if key[name] != required:
            yield f"{setting} {name} is {key[name]}, must be {required}"
    alias = f"alias/{Naming(target.name).prefix}"
    if call_unless_missing(kms.describe_key, "NotFoundException", KeyId=alias):
        yield (
            f"{setting} {target.name} has a key of its own, {alias}: the plan would destroy it and with it "
            "all data that it encrypts; create a new environment with the key that you want to keep"
        )
    policy = kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]
    for request, purpose in _access_requests(target, caller):
        if denied := denied_actions(policy, request):
            name, actions = request.principal[1], ", ".join(denied)
            yield f"{setting} its policy must allow {name}, for {purpose}: {actions}"


def denied_to_service(kms: Any, key: str, service: str, caller: Caller) -> list[str]:
    """Returns the actions that a key's policy denies to a service that publishes to an encrypted topic."""
    policy = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    return denied_actions(policy, _service_request(service, caller))


def _access_requests(target: Target, caller: Caller) -> Iterator[tuple[AccessRequest, str]]:
    naming = Naming(target.name)
    groups = (
        f"/aws/lambda/{naming.prefix}-x",
        f"/aws/apigateway/{naming.prefix}-access",
        f"/aws/ec2/{naming.prefix}-fleet",
        f"API-Gateway-Execution-Logs_x/{target.name}",
        f"aws-waf-logs-{naming.prefix}",
    )
    topics = target.environment.estate.use.topics
    for service, purpose in key_services(target.environment.aws.region, topics).items():
        if service.startswith(f"{LOGS}."):
            for group in groups:
                context = {"kms:EncryptionContext:aws:logs:arn": caller.arn("logs", f"log-group:{group}")}
                request = AccessRequest(principal=("Service", service), actions=LOGS_USE, context=context)
                yield request, f"log groups such as {group}"
        else:
            yield _service_request(service, caller), purpose
    account = {"kms:CallerAccount": caller.account, "aws:PrincipalAccount": caller.account}
    for service in USED_THROUGH:
        context = {**account, "kms:ViaService": f"{service}.{caller.region}.amazonaws.com"}
        request = AccessRequest(principal=caller.root, actions=ROLE_USE, context=context)
        yield request, f"roles through {service}"
    direct = {**account, "kms:ViaService": "", "kms:GrantIsForAWSResource": "false"}
    yield AccessRequest(principal=caller.root, actions=GRANT, context=direct), "EBS volumes"


def _service_request(service: str, caller: Caller) -> AccessRequest:
    context = {"aws:SourceAccount": caller.account}
    return AccessRequest(principal=("Service", service), actions=SERVICE_USE, context=context)
