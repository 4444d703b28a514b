"""GitHub as an identity provider of an account."""

from cdktf_cdktf_provider_aws.iam_openid_connect_provider import IamOpenidConnectProvider
from constructs import Construct

from constructs_lib.aws.account import Account

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"


class GitHubIdentity(Construct):
    """Creates the OpenID Connect provider of GitHub Actions, or uses the existing one of the account.

    An account can have only one. AWS verifies GitHub's certificate with its own certificate authorities, so
    no thumbprint is needed.
    """

    def __init__(self, scope: Construct, id: str, *, account: Account, existing: bool = False) -> None:
        super().__init__(scope, id)
        self.arn = account.global_arn("iam", f"oidc-provider/{ISSUER}")
        if not existing:
            self.arn = IamOpenidConnectProvider(
                self, "Resource", url=f"https://{ISSUER}", client_id_list=[AUDIENCE]
            ).arn
