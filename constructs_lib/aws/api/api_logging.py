"""Role of an account and region with which API Gateway writes logs."""

from cdktf_cdktf_provider_aws.api_gateway_account import ApiGatewayAccount
from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.api.rest_api import API_GATEWAY
from constructs_lib.aws.security.iam import Statement
from constructs_lib.aws.security.role import Role

LOG_ACTIONS = (
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:PutLogEvents",
)


class ApiLogging(Construct):
    """Creates the role with which API Gateway writes access and execution logs of the account and region.

    The role can write to all log groups of the account and region. Source: "Set up CloudWatch logging for
    REST APIs", API Gateway developer guide.
    """

    def __init__(self, scope: Construct, id: str, *, name: str, account: Account) -> None:
        super().__init__(scope, id)
        self.role = Role(self, "Role", name=name, service=API_GATEWAY)
        self.role.allow(
            Statement(sid="WriteLogs", actions=LOG_ACTIONS, resources=[account.arn("logs", "log-group:*")])
        )
        self.resource = ApiGatewayAccount(
            self, "Resource", cloudwatch_role_arn=self.role.arn, depends_on=[self.role.policy]
        )
