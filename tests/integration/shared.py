"""What tests of shared estates ask of the account, of the API and of a module's folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any

from ops.checkout import ROOT
from ops.http import request
from tests.integration.conftest import Clone
from tests.integration.terraform import Root

PAYMENT = {"amount": 1200, "currency": "EUR", "payment_method": "pm_approved"}


def example(clone: Clone, module: str, variables: Mapping[str, str]) -> Root:
    """The example root of a module that was just made."""
    root = Root(clone.folder / "modules" / module / "examples" / "complete", variables)
    shutil.copy(ROOT / ".terraform.lock.hcl", root.folder)
    root.run("init", "-input=false")
    return root


def pay(url: str, api_key: str, key: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {api_key}", "Idempotency-Key": key}
    answer = request("POST", f"{url}/v1/payments", headers=headers, body=PAYMENT)
    assert answer.status == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def left(clone: Clone, environment: str) -> dict[str, list[str]]:
    """What is there with the environment's name."""
    account = {
        "tables": clone.client("dynamodb").list_tables()["TableNames"],
        "buckets": [it["Name"] for it in clone.client("s3").list_buckets()["Buckets"]],
        "queues": clone.client("sqs").list_queues().get("QueueUrls", []),
        "functions": [it["FunctionName"] for it in clone.client("lambda").list_functions()["Functions"]],
        "roles": [it["RoleName"] for it in clone.client("iam").list_roles()["Roles"]],
        "secrets": [it["Name"] for it in clone.client("secretsmanager").list_secrets()["SecretList"]],
        "apis": [it["name"] for it in clone.client("apigateway").get_rest_apis()["items"]],
        "groups": [it["logGroupName"] for it in clone.client("logs").describe_log_groups()["logGroups"]],
        "pipes": [it["Name"] for it in clone.client("pipes").list_pipes()["Pipes"]],
        "topics": [it["TopicArn"] for it in clone.client("sns").list_topics()["Topics"]],
        "parameters": [it["Name"] for it in clone.client("ssm").describe_parameters()["Parameters"]],
        "vpcs": [
            tag["Value"] for it in clone.client("ec2").describe_vpcs()["Vpcs"] for tag in it.get("Tags", [])
        ],
    }
    own = {kind: [name for name in names if _is_of(name, environment)] for kind, names in account.items()}
    return {kind: names for kind, names in own.items() if names}


def _is_of(name: str, environment: str) -> bool:
    return f"payments-{environment}" in name.replace("/", "-") or name.endswith(f"/{environment}")
