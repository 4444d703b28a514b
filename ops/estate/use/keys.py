"""A key that is used: what it is, and whom its policy admits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from constructs_lib.settings.existing_resources import LOGS, key_services
from constructs_lib.settings.naming import Naming
from ops.estate.use.caller import Caller
from ops.estate.use.policies import Asking, refused
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
# What Terraform does with a grant: the role that starts machines gets one.
GRANT = ("kms:CreateGrant", "kms:DescribeKey", "kms:ListGrants", "kms:RevokeGrant")
USED_THROUGH = ("dynamodb", "s3", "scheduler", "secretsmanager", "sqs")  # by roles, and by whoever deploys
SYMMETRIC = {"Enabled": True, "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}
MANAGED_BY_CUSTOMER = "CUSTOMER"


def key_problems(target: Target, caller: Caller) -> Iterator[str]:
    """A key that is not symmetric, enabled and a customer's own; whom its policy does not admit.

    And any, where the environment has been deployed with a key of its own: a plan would destroy that.
    """
    kms, arn = target.client("kms"), str(target.environment.estate.use.key)
    key = kms.describe_key(KeyId=arn)["KeyMetadata"]
    here = f'estate.use.key = "{arn}":'
    for name, wanted in {**SYMMETRIC, "KeyManager": MANAGED_BY_CUSTOMER}.items():
        if key[name] != wanted:
            yield f"{here} {name} is {key[name]}, must be {wanted}"
    alias = f"alias/{Naming(target.name).prefix}"
    if _is_there(kms, alias):
        yield (
            f"{here} {target.name} has a key of its own, {alias}: the plan would destroy it, and with it "
            "whatever it encrypts; begin a new environment with the key that is to stay"
        )
    policy = kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]
    for asking, purpose in _askings(target, caller):
        if missing := refused(policy, asking):
            yield f"{here} its policy must let {asking.principal[1]}, for {purpose}: {', '.join(missing)}"


def service_refused(kms: Any, key: str, service: str, caller: Caller) -> list[str]:
    """What a key's policy does not let a service do that publishes to an encrypted topic."""
    policy = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    return refused(policy, _service(service, caller))


def _askings(target: Target, caller: Caller) -> Iterator[tuple[Asking, str]]:
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
                yield (
                    Asking(principal=("Service", service), actions=LOGS_USE, resource="*", known=context),
                    f"log groups such as {group}",
                )
        else:
            yield _service(service, caller), purpose
    for service in USED_THROUGH:
        via = {**_account(caller), "kms:ViaService": f"{service}.{caller.region}.amazonaws.com"}
        yield (
            Asking(principal=caller.root, actions=ROLE_USE, resource="*", known=via),
            f"roles through {service}",
        )
    direct = {**_account(caller), "kms:ViaService": "", "kms:GrantIsForAWSResource": "false"}
    yield Asking(principal=caller.root, actions=GRANT, resource="*", known=direct), "the volumes of machines"


def _service(service: str, caller: Caller) -> Asking:
    known = {"aws:SourceAccount": caller.account}
    return Asking(principal=("Service", service), actions=SERVICE_USE, resource="*", known=known)


def _is_there(kms: Any, alias: str) -> bool:
    try:
        kms.describe_key(KeyId=alias)
    except kms.exceptions.NotFoundException:
        return False
    return True


def _account(caller: Caller) -> dict[str, str]:
    return {"kms:CallerAccount": caller.account, "aws:PrincipalAccount": caller.account}
