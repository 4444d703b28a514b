import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from constructs_lib.settings.schema import AwsSettings, CiSettings, Environment, StateSettings
from constructs_lib.state.backend_stack import StateBackendStack
from tests.apps import app
from tests.constructs_lib import permissions
from tests.constructs_lib.conftest import Synthesized, policy

STATE = StateSettings(bucket="states", table="locks")
CI = CiSettings(repository="acme/payments")
# Actions that read what payers, merchants and operators wrote; written out, so that a change needs two edits.
READ_PAYMENTS = (
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:GetRecords",
    "dynamodb:PartiQLSelect",
    "dynamodb:Query",
    "dynamodb:Scan",
)
READ_OBJECTS = ("s3:GetObject", "s3:GetObjectVersion")
READ_MESSAGES = ("sqs:ReceiveMessage",)
READ_LOGS = (
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:GetLogRecord",
    "logs:GetQueryResults",
    "logs:StartLiveTail",
    "logs:StartQuery",
    "logs:Unmask",
)
READ_SECRETS = ("secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue")
ACCOUNT = "${data.aws_caller_identity.Account_Identity.account_id}"
PARTITION = "${data.aws_partition.Account_Partition.partition}"


def stack(*environments: Environment, api_logging: bool = False) -> Synthesized:
    return Synthesized(
        StateBackendStack(
            app(),
            aws=AwsSettings(),
            state=STATE,
            in_itself=True,
            api_logging=api_logging,
            environments=environments,
        )
    )


def backend() -> Synthesized:
    """Returns the backend of three environments, of which CI deploys two."""
    return stack(
        Environment(name="dev", ci=CI),
        Environment(name="prod", ci=CI),
        Environment(name="staging"),
        api_logging=True,
    )


@pytest.fixture(scope="module")
def made() -> Synthesized:
    return backend()


def statements(made: Synthesized, role: str) -> list[dict[str, Any]]:
    return policy(made.named("aws_iam_role_policy", f"Ci-{role}_Policy")["policy"])


def arn(service: str, resource: str, region: str = "eu-west-1") -> str:
    text = f"arn:{PARTITION}:{service}:{region}:{ACCOUNT}:{resource}"
    return text.replace("${", "<").replace("}", ">")


def objects(name: str) -> str:
    return f"arn:{PARTITION}:s3:::{name}".replace("${", "<").replace("}", ">")


MAKE_PASSWORDS = {
    "Sid": "MakePasswords",
    "Effect": "Allow",
    "Action": ["secretsmanager:GetRandomPassword"],
    "Resource": ["*"],
}


def deny(sid: str, actions: Sequence[str], **resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Deny", "Action": list(actions), **resources}


def data(environment: str) -> list[dict[str, Any]]:
    """What no role of CI reads."""
    artifacts = f"payments-{environment}-artifacts-{ACCOUNT}/*"
    return [
        deny("NoPayments", READ_PAYMENTS, NotResource=[arn("dynamodb", "table/locks")]),
        deny(
            "NoObjects",
            READ_OBJECTS,
            NotResource=[objects(f"states/environments/{environment}/*"), objects(artifacts)],
        ),
        deny("NoMessages", READ_MESSAGES, Resource=["*"]),
        deny("NoLogs", READ_LOGS, Resource=["*"]),
    ]


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_role_that_plans_reads_no_payment_data_and_no_secret(made: Synthesized, environment: str) -> None:
    assert statements(made, f"{environment}_Plan") == [
        *data(environment),
        deny("NoSecrets", READ_SECRETS, Resource=["*"]),
        MAKE_PASSWORDS,
    ]


def test_the_role_that_looks_for_drift_reads_its_environments_secrets_and_no_others(
    made: Synthesized,
) -> None:
    own = arn("secretsmanager", "secret:payments-prod/*")
    assert statements(made, "prod_Drift") == [
        *data("prod"),
        deny("NoOtherSecrets", READ_SECRETS, NotResource=[own]),
        MAKE_PASSWORDS,
        {
            "Sid": "RefreshSecrets",
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue"],
            "Resource": [own],
        },
        {
            "Sid": "DecryptThem",
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": [arn("kms", "key/*")],
            "Condition": {"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}},
        },
    ]


def test_the_role_that_applies_reads_no_payment_data_either(made: Synthesized) -> None:
    assert statements(made, "prod_Apply") == data("prod")


@pytest.mark.parametrize(
    ("role", "environment"), [("Plan", "prod-plan"), ("Drift", "prod-drift"), ("Apply", "prod")]
)
def test_a_role_trusts_one_environment_of_one_repository(
    made: Synthesized, role: str, environment: str
) -> None:
    [trust] = policy(made.named("aws_iam_role", f"Ci-prod_{role}")["assume_role_policy"])
    assert trust == {
        "Sid": "Assume",
        "Effect": "Allow",
        "Principal": {"Federated": "<aws_iam_openid_connect_provider.GitHub.arn>"},
        "Action": ["sts:AssumeRoleWithWebIdentity"],
        "Condition": {
            "StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": f"repo:acme/payments:environment:{environment}",
            }
        },
    }


def test_only_the_role_that_applies_can_write(made: Synthesized) -> None:
    managed = {
        name.split("_")[1]: body["policy_arn"].rpartition("/")[2]
        for name, body in made.all("aws_iam_role_policy_attachment").items()
        if "prod" in name
    }
    assert managed == {"Plan": "ReadOnlyAccess", "Drift": "ReadOnlyAccess", "Apply": "AdministratorAccess"}


def test_roles_are_named_after_their_environment_and_are_held_for_an_hour(made: Synthesized) -> None:
    roles = [it for id, it in made.all("aws_iam_role").items() if id.startswith("Ci-")]
    assert {role["name"] for role in roles} == {
        f"payments-{environment}-ci-{word}"
        for environment in ("dev", "prod")
        for word in ("plan", "drift", "apply")
    }
    assert {role["max_session_duration"] for role in roles} == {3600}


def test_an_account_has_one_identity_provider_ours_or_the_one_that_is_there(made: Synthesized) -> None:
    assert made.one("aws_iam_openid_connect_provider") == {
        "url": "https://token.actions.githubusercontent.com",
        "client_id_list": ["sts.amazonaws.com"],
    }
    existing = stack(Environment(name="dev", ci=replace(CI, existing_provider=True)))
    assert "aws_iam_openid_connect_provider" not in existing.types
    trust = json.dumps(policy(existing.named("aws_iam_role", "Ci-dev_Plan")["assume_role_policy"]))
    assert ":oidc-provider/token.actions.githubusercontent.com" in trust


def test_without_a_repository_there_is_no_role() -> None:
    assert not {kind for kind in stack(Environment(name="dev")).types if kind.startswith("aws_iam")}


def test_every_permission_of_the_backend_is_in_the_table(made: Synthesized) -> None:
    unequal = permissions.difference(permissions.found(made), permissions.expected_of_backend("dev", "prod"))
    assert not unequal, unequal
