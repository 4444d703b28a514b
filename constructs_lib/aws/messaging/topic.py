"""Topics."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct, Node

from constructs_lib.aws.account import Account
from constructs_lib.aws.adopted import name_of
from constructs_lib.aws.security.iam import TOPIC_PUBLISH, Statement, deny_plain_http, document
from constructs_lib.aws.security.key import AnyKey

# Endpoints say by themselves what they are.
PROTOCOLS = {"https": "https://", "sqs": "arn:", "email": ""}


@dataclass(frozen=True, slots=True)
class Publisher:
    """An AWS service that publishes for something of this account: `source`, the pattern of that one's ARN.

    Without a source, the service does not tell for whom it acts: a condition on it would never be met, and
    what was published be lost in silence.
    """

    service: str
    source: str | None

    def conditions(self, account: Account) -> dict[str, dict[str, str]]:
        """Against a confused deputy."""
        if self.source is None:
            return {}
        return {"StringEquals": {"aws:SourceAccount": account.id}, "ArnLike": {"aws:SourceArn": self.source}}


class AnyTopic(Protocol):
    """What constructs need of a topic, whoever made it."""

    @property
    def node(self) -> Node:
        """Its place in the tree."""

    @property
    def arn(self) -> str: ...

    @property
    def name(self) -> str: ...


class Topic(Construct):
    """An encrypted topic to which exactly its publishers publish, over TLS only.

    Endpoints are email addresses, https URLs or ARNs of SQS queues. The first two have to confirm that they
    want to be told; a queue needs a policy of its own that admits this topic.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        account: Account,
        key: AnyKey,
        publishers: Sequence[Publisher],
        endpoints: Sequence[str],
    ) -> None:
        super().__init__(scope, id)
        self.resource = SnsTopic(self, "Resource", name=name, kms_master_key_id=key.arn)
        arn = account.arn("sns", name_of(self.resource, name))
        statements = [deny_plain_http(actions=TOPIC_PUBLISH, resources=[arn])]
        for publisher in publishers:
            conditions = publisher.conditions(account)
            statements.append(
                Statement(
                    principals={"Service": publisher.service},
                    actions=TOPIC_PUBLISH,
                    resources=[arn],
                    conditions=conditions,
                )
            )
            # SNS names the topic in each use of the key, whoever publishes (SNS developer guide, "Key
            # management"), so that even who tells no source has the key for this topic only.
            topic = {"kms:EncryptionContext:aws:sns:topicArn": arn}
            key.grant_service(
                service=publisher.service,
                conditions={**conditions, "StringEquals": conditions.get("StringEquals", {}) | topic},
            )
        self.resource.policy = document(statements)
        for endpoint in endpoints:
            SnsTopicSubscription(
                self,
                # The endpoint itself: another one in front of it must not end this subscription.
                f"To-{hashlib.sha256(endpoint.encode()).hexdigest()[:12]}",
                topic_arn=self.arn,
                protocol=protocol(endpoint),
                endpoint=endpoint,
            )

    @property
    def arn(self) -> str:
        return self.resource.arn

    @property
    def name(self) -> str:
        return self.resource.name


def protocol(endpoint: str) -> str:
    """How SNS calls the kind of an endpoint."""
    return next(name for name, start in PROTOCOLS.items() if endpoint.startswith(start))
