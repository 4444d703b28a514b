"""SNS topics."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct, Node

from constructs_lib.aws.account import Account
from constructs_lib.aws.adopted import name_of
from constructs_lib.aws.security.iam import Statement, deny_plain_http, document
from constructs_lib.aws.security.key import AnyKey

# SNS protocol: the beginning of its endpoints.
PROTOCOLS = {"https": "https://", "sqs": "arn:", "email": ""}


@dataclass(frozen=True, slots=True)
class Publisher:
    """Represents an AWS service that publishes to a topic for resources of this account.

    `source` is a pattern of the ARNs of these resources. It is None for services that send no source: a
    condition on the source would never hold, and all their messages would be lost.
    """

    service: str
    source: str | None

    def conditions(self, account: Account) -> dict[str, dict[str, str]]:
        """Returns the conditions of a statement that prevent the confused deputy problem."""
        if self.source is None:
            return {}
        return {"StringEquals": {"aws:SourceAccount": account.id}, "ArnLike": {"aws:SourceArn": self.source}}


class AnyTopic(Protocol):
    """Describes a created or an existing topic."""

    @property
    def node(self) -> Node:
        """Returns its node in the construct tree."""

    @property
    def arn(self) -> str: ...

    @property
    def name(self) -> str: ...


class Topic(Construct):
    """Creates an encrypted topic with its subscriptions; only its publishers can publish, and only over TLS.

    It also allows the publishers to use the key for this topic. Endpoints are email addresses, https URLs or
    ARNs of SQS queues. The first two must confirm their subscription; a queue needs a queue policy that
    admits this topic.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        key: AnyKey,
        publishers: Sequence[Publisher],
        endpoints: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, id)
        self.resource = SnsTopic(self, "Resource", name=name, kms_master_key_id=key.arn)
        self.name: str = self.resource.name
        self.arn: str = self.resource.arn
        account = key.account
        arn = account.arn("sns", name_of(self.resource, name))
        statements = [deny_plain_http(actions=["sns:Publish"], resources=[arn])]
        for publisher in publishers:
            conditions = publisher.conditions(account)
            statements.append(
                Statement(
                    principals={"Service": publisher.service},
                    actions=["sns:Publish"],
                    resources=[arn],
                    conditions=conditions,
                )
            )
            # SNS names the topic in each use of the key, for all publishers (SNS developer guide, "Key
            # management"): so also publishers without a source can use the key for this topic only.
            topic = {"kms:EncryptionContext:aws:sns:topicArn": arn}
            key.grant_service(
                service=publisher.service,
                conditions={**conditions, "StringEquals": conditions.get("StringEquals", {}) | topic},
            )
        self.resource.policy = document(statements)
        for endpoint in endpoints:
            SnsTopicSubscription(
                self,
                # The id depends on the endpoint alone, so that a change of the list keeps other
                # subscriptions.
                f"To-{hashlib.sha256(endpoint.encode()).hexdigest()[:12]}",
                topic_arn=self.arn,
                protocol=protocol(endpoint),
                endpoint=endpoint,
            )


def protocol(endpoint: str) -> str:
    """Returns the SNS protocol of an endpoint: `https`, `sqs` or `email`."""
    return next(name for name, start in PROTOCOLS.items() if endpoint.startswith(start))
