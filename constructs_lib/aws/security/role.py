"""IAM roles."""

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from constructs import Construct

from constructs_lib.aws.security.iam import Conditions, Statement, document


class Role(Construct):
    """Creates a role that one AWS service assumes, with one inline policy that contains all its grants."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, service: str, conditions: Conditions | None = None
    ) -> None:
        """`conditions` of the trust policy should name for which resource the service acts."""
        super().__init__(scope, id)
        trust = Statement(
            sid="Assume",
            principals={"Service": service},
            actions=["sts:AssumeRole"],
            conditions=conditions or {},
        )
        self.resource = IamRole(self, "Resource", name=name, assume_role_policy=document([trust]))
        self.name: str = self.resource.name
        self.arn = self.role_arn = self.resource.arn
        self._statements: list[Statement] = []
        self._policy: IamRolePolicy | None = None

    @property
    def policy(self) -> IamRolePolicy:
        """Returns the inline policy, on which resources depend that use the role at their own creation.

        Raises ValueError before the first grant.
        """
        if self._policy is None:
            raise ValueError(f"{self.node.path} was granted nothing")
        return self._policy

    def allow(self, *statements: Statement) -> None:
        """Adds statements to the inline policy."""
        self._statements += statements
        rendered = document(self._statements)
        if self._policy is None:
            self._policy = IamRolePolicy(self, "Policy", name="grants", role=self.name, policy=rendered)
        else:
            self._policy.policy = rendered


class WebIdentityRole(Construct):
    """Creates a role that callers with a token of an OpenID Connect provider assume.

    It has one AWS managed policy, and an inline policy that limits it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        description: str,
        provider_arn: str,
        conditions: Conditions,
        managed_policy_arn: str,
        limits: Sequence[Statement],
        session_seconds: int = 3600,
    ) -> None:
        """`conditions` on the token's claims decide who assumes the role; a session has 3,600 s or more."""
        super().__init__(scope, id)
        trust = Statement(
            sid="Assume",
            principals={"Federated": provider_arn},
            actions=["sts:AssumeRoleWithWebIdentity"],
            conditions=conditions,
        )
        self.resource = IamRole(
            self,
            "Resource",
            name=name,
            description=description,
            assume_role_policy=document([trust]),
            max_session_duration=session_seconds,
        )
        self.name: str = self.resource.name
        self.arn: str = self.resource.arn
        IamRolePolicy(self, "Policy", name="limits", role=self.name, policy=document(limits))
        IamRolePolicyAttachment(self, "Managed", role=self.name, policy_arn=managed_policy_arn)
