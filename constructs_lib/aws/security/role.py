"""One principal's role."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from constructs_lib.aws.security.iam import Conditions, Statement, document


class Role(Construct):
    """A role that one service assumes, with one inline policy made of what was granted to it."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, service: str, conditions: Conditions | None = None
    ) -> None:
        super().__init__(scope, id)
        trust = Statement(
            sid="Assume",
            principals={"Service": service},
            actions=["sts:AssumeRole"],
            conditions=conditions or {},
        )
        self.resource = IamRole(self, "Resource", name=name, assume_role_policy=document([trust]))
        self._statements: list[Statement] = []
        self._policy: IamRolePolicy | None = None

    @property
    def arn(self) -> str:
        return self.resource.arn

    @property
    def name(self) -> str:
        return self.resource.name

    @property
    def role_arn(self) -> str:
        """The same as `arn`: a role is a grantee itself."""
        return self.arn

    @property
    def policy(self) -> IamRolePolicy:
        """The inline policy: what acts as the role at its own creation has to wait for it."""
        if self._policy is None:
            raise ValueError(f"{self.node.path} was granted nothing")
        return self._policy

    def allow(self, *statements: Statement) -> None:
        """Add statements to the one inline policy."""
        self._statements += statements
        rendered = document(self._statements)
        if self._policy is None:
            self._policy = IamRolePolicy(
                self, "Policy", name="grants", role=self.resource.name, policy=rendered
            )
        else:
            self._policy.policy = rendered
