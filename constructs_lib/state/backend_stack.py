"""The stack of an account: state bucket, lock table, CI roles, and the role for API Gateway's logs."""

from collections.abc import Sequence

from cdktf import LocalBackend, TerraformStack
from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.api.api_logging import ApiLogging
from constructs_lib.aws.provider import Provider
from constructs_lib.aws.security.github_identity import GitHubIdentity
from constructs_lib.aws.storage.state_backend import StateBackend
from constructs_lib.settings.naming import Naming
from constructs_lib.settings.schema import AwsSettings, Environment, StateSettings
from constructs_lib.state.ci_roles import CiRoles
from constructs_lib.state.layout import API_LOGGING_ROLE, BACKEND_STACK, LOCAL_STATE
from constructs_lib.state.s3_backend import use_s3_backend


class StateBackendStack(TerraformStack):
    """Creates the backend of an account's environments; its own state is in its bucket after the first apply.

    The role for API Gateway's logs is part of it: an account and region has one, so no environment can own
    it.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        aws: AwsSettings,
        state: StateSettings,
        in_itself: bool,
        existing_bucket: str | None = None,
        existing_table: str | None = None,
        api_logging: bool = True,
        existing_api_role: bool = False,
        environments: Sequence[Environment] = (),
    ) -> None:
        """`in_itself`: state in the bucket; False for a local file, before the first apply.

        `environments`: all with their state here, for the roles of those that CI deploys.

        `api_logging`: False if the account's role for API Gateway's logs exists outside of this stack.
        """
        super().__init__(scope, BACKEND_STACK)
        Provider(self, "Aws", region=aws.region, account_id=aws.account)
        if in_itself:
            use_s3_backend(self, aws=aws, state=state)
        else:
            LocalBackend(self, path=LOCAL_STATE)
        backend = StateBackend(self, "State", bucket=state.bucket, table=state.table)
        backend.adopt(bucket=existing_bucket, table=existing_table)
        deployed = [(it, it.ci.repository) for it in environments if it.ci.repository]
        if api_logging or deployed:
            account = Account(self, "Account", region=aws.region)
        if deployed:
            identity = GitHubIdentity(
                self,
                "GitHub",
                account=account,
                existing=any(it.ci.existing_provider for it, _ in deployed),
            )
        for environment, repository in deployed:
            CiRoles(
                self,
                f"Ci-{environment.name}",
                naming=Naming(environment.name),
                repository=repository,
                identity=identity,
                account=account,
                state=state,
            )
        if api_logging:
            logging = ApiLogging(self, "ApiLogging", name=API_LOGGING_ROLE, account=account)
            if existing_api_role:
                logging.role.resource.import_from(API_LOGGING_ROLE)
