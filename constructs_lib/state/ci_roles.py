"""Roles of CI jobs for plan, drift and apply, without stored credentials."""

from collections.abc import Sequence

from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.security.github_identity import AUDIENCE, ISSUER, GitHubIdentity
from constructs_lib.aws.security.iam import Statement
from constructs_lib.aws.security.role import WebIdentityRole
from constructs_lib.settings.naming import Naming
from constructs_lib.settings.schema import StateSettings
from constructs_lib.state.layout import PREFIX

READ, EVERYTHING = "ReadOnlyAccess", "AdministratorAccess"  # AWS managed policies

PAYMENTS_READ = (
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:GetRecords",
    "dynamodb:PartiQLSelect",
    "dynamodb:Query",
    "dynamodb:Scan",
)
OBJECTS_READ = ("s3:GetObject", "s3:GetObjectVersion")
MESSAGES_READ = ("sqs:ReceiveMessage",)
LOGS_READ = (
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:GetLogRecord",
    "logs:GetQueryResults",
    "logs:StartLiveTail",
    "logs:StartQuery",
    "logs:Unmask",
)
SECRETS_READ = ("secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue")
PASSWORD_MAKE = ("secretsmanager:GetRandomPassword",)


class CiRoles(Construct):
    """Creates the roles of one environment: `plan`, `drift` and `apply`.

    Each trusts one GitHub environment of one repository; its protection rules decide which jobs may use it.
    No role can read payments, audit objects, messages or log lines. `plan` runs the code of pull requests and
    cannot read secrets, so it cannot refresh: provider 5.100 reads a secret's value to refresh its version,
    even a write-only one (hashicorp/terraform-provider-aws, pull request 44876). `drift` runs code of the
    main branch and may read this environment's secrets for that reason only. `apply` creates roles and
    policies, so it can get any permission: only its trust policy limits it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        naming: Naming,
        repository: str,
        identity: GitHubIdentity,
        account: Account,
        state: StateSettings,
    ) -> None:
        super().__init__(scope, id)
        environment = naming.environment
        self._naming, self._repository, self._identity = naming, repository, identity
        self._account = account
        secrets = account.arn("secretsmanager", f"secret:{naming.prefix}/*")
        data = [
            Statement(
                sid="NoPayments",
                effect="Deny",
                actions=PAYMENTS_READ,
                except_resources=[account.arn("dynamodb", f"table/{state.table}")],  # digests of states
            ),
            Statement(
                sid="NoObjects",
                effect="Deny",
                actions=OBJECTS_READ,
                except_resources=[
                    account.bucket_arn(f"{state.bucket}/{PREFIX}/{environment}/*"),
                    account.bucket_arn(f"{naming.bucket('artifacts', account.id)}/*"),
                ],
            ),
            # Denials apply to every queue and log group, also to those of other systems.
            Statement(sid="NoMessages", effect="Deny", actions=MESSAGES_READ, resources=["*"]),
            Statement(sid="NoLogs", effect="Deny", actions=LOGS_READ, resources=["*"]),
        ]
        # Every plan, even without a refresh, requests the random password of a new secret, which
        # ReadOnlyAccess does not allow. The action has no resource: the password is new and not stored.
        passwords = Statement(sid="MakePasswords", actions=PASSWORD_MAKE, resources=["*"])
        self.plan = self._role(
            "plan",
            f"{environment}-plan",
            READ,
            [
                *data,
                Statement(sid="NoSecrets", effect="Deny", actions=SECRETS_READ, resources=["*"]),
                passwords,
            ],
        )
        self.drift = self._role(
            "drift",
            f"{environment}-drift",
            READ,
            [
                *data,
                Statement(
                    sid="NoOtherSecrets", effect="Deny", actions=SECRETS_READ, except_resources=[secrets]
                ),
                passwords,
                Statement(
                    sid="RefreshSecrets", actions=["secretsmanager:GetSecretValue"], resources=[secrets]
                ),
                Statement(
                    sid="DecryptThem",
                    actions=["kms:Decrypt"],
                    resources=[account.arn("kms", "key/*")],  # the key's policy limits its users
                    conditions={
                        "StringEquals": {"kms:ViaService": f"secretsmanager.{account.region}.amazonaws.com"}
                    },
                ),
            ],
        )
        self.apply = self._role("apply", environment, EVERYTHING, data)

    def _role(
        self, name: str, environment: str, managed: str, statements: Sequence[Statement]
    ) -> WebIdentityRole:
        return WebIdentityRole(
            self,
            name.capitalize(),
            name=self._naming.name(f"ci-{name}"),
            description=f"CI jobs of {self._repository} in environment {environment}",
            provider_arn=self._identity.arn,
            conditions={
                "StringEquals": {
                    f"{ISSUER}:aud": AUDIENCE,
                    f"{ISSUER}:sub": f"repo:{self._repository}:environment:{environment}",
                }
            },
            managed_policy_arn=self._account.managed_policy_arn(managed),
            limits=statements,
        )
