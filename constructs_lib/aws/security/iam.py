"""IAM statements and policy documents."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cdktf import Fn
from constructs import Node

type Conditions = Mapping[str, Mapping[str, str | Sequence[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Represents one statement of a policy; only policies of resources have `principals`.

    `except_resources` is IAM's NotResource. Statements of grants have no `sid`: one made of a construct's id
    would change all policies when the construct is renamed.
    """

    actions: Sequence[str]
    sid: str = ""
    resources: Sequence[str] = ()
    except_resources: Sequence[str] = ()
    principals: Mapping[str, str | Sequence[str]] | str | None = None
    conditions: Conditions = field(default_factory=dict)
    effect: str = "Allow"

    def render(self) -> dict[str, Any]:
        """Returns the statement as a policy contains it, without empty elements."""
        elements = {
            "Sid": self.sid,
            "Effect": self.effect,
            "Principal": self.principals,
            "Action": list(self.actions),
            "Resource": list(self.resources),
            "NotResource": list(self.except_resources),
            "Condition": self.conditions,
        }
        return {name: value for name, value in elements.items() if value}


class Grantee(Protocol):
    """Describes the subject of grants: a role, or a construct that runs with one."""

    @property
    def node(self) -> Node:
        """Returns its node in the construct tree."""

    @property
    def role_arn(self) -> str:
        """Returns the ARN of the role."""

    def allow(self, *statements: Statement) -> None:
        """Adds statements to the role's one inline policy."""


def document(statements: Iterable[Statement]) -> str:
    """Returns a policy as a Terraform expression, because tokens in it must survive JSON and HCL quoting."""
    return Fn.jsonencode({"Version": "2012-10-17", "Statement": [s.render() for s in statements]})


def deny_plain_http(*, actions: Sequence[str], resources: Sequence[str]) -> Statement:
    """Returns a statement that denies all requests without TLS."""
    return Statement(
        sid="DenyPlainHttp",
        effect="Deny",
        principals="*",
        actions=actions,
        resources=resources,
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )
