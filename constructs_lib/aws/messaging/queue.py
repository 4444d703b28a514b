"""Queues."""

from __future__ import annotations

from datetime import timedelta

from cdktf import Fn
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.adopted import name_of
from constructs_lib.aws.security.iam import (
    QUEUE_CONSUME,
    QUEUE_EVENT_SOURCE,
    QUEUE_SEND,
    Grantee,
    Statement,
    deny_plain_http,
    document,
)
from constructs_lib.aws.security.key import AnyKey

DEAD_LETTER_RETENTION = timedelta(days=14)  # the longest that SQS keeps a message
DATA_KEY_REUSE = timedelta(hours=1)  # a KMS request an hour and user instead of one every five minutes
LONG_POLL = timedelta(seconds=20)  # the longest: fewest empty receives, and those cost money


class _EncryptedQueue(Construct):
    """What all queues share.

    The policy is an argument of the queue, as redrive is: the provider waits 25 s for each separate resource.
    """

    def __init__(
        self, scope: Construct, id: str, *, name: str, account: Account, key: AnyKey, retention: timedelta
    ) -> None:
        super().__init__(scope, id)
        self._key = key
        self.resource = SqsQueue(
            self,
            "Resource",
            name=name,
            kms_master_key_id=key.arn,
            kms_data_key_reuse_period_seconds=_seconds(DATA_KEY_REUSE),
            message_retention_seconds=_seconds(retention),
            receive_wait_time_seconds=_seconds(LONG_POLL),
        )
        self._own_arn = account.arn("sqs", name_of(self.resource, name))
        self._statements = [
            deny_plain_http(actions=["sqs:ReceiveMessage", "sqs:SendMessage"], resources=[self._own_arn])
        ]
        self.resource.policy = document(self._statements)

    @property
    def arn(self) -> str:
        return self.resource.arn

    @property
    def name(self) -> str:
        return self.resource.name

    @property
    def url(self) -> str:
        return self.resource.url

    def grant_send(self, grantee: Grantee) -> None:
        """sqs:SendMessage, and use of the key."""
        grantee.allow(Statement(actions=QUEUE_SEND, resources=[self.arn]))
        self._key.grant_use(grantee)

    def allow_send(self, *, service: str, source_arn: str) -> None:
        """Let an AWS service send on behalf of exactly one source."""
        self._statements.append(
            Statement(
                principals={"Service": service},
                actions=QUEUE_SEND,
                resources=[self._own_arn],
                conditions={"ArnEquals": {"aws:SourceArn": source_arn}},
            )
        )
        self.resource.policy = document(self._statements)


class DeadLetterQueue(_EncryptedQueue):
    """Where messages end that nobody could process: kept for 14 days."""

    def __init__(self, scope: Construct, id: str, *, name: str, account: Account, key: AnyKey) -> None:
        super().__init__(scope, id, name=name, account=account, key=key, retention=DEAD_LETTER_RETENTION)
        self.resource.redrive_allow_policy = Fn.jsonencode({"redrivePermission": "denyAll"})

    def allow_redrive_from(self, queue_arn: str) -> None:
        """Let one queue name this one as its dead-letter queue; nobody may otherwise."""
        self.resource.redrive_allow_policy = Fn.jsonencode(
            {"redrivePermission": "byQueue", "sourceQueueArns": [queue_arn]}
        )


class Queue(_EncryptedQueue):
    """An encrypted queue; a message received `max_receives` times in vain goes to its dead-letter queue."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        account: Account,
        key: AnyKey,
        visibility_timeout: timedelta,
        max_receives: int,
        retention: timedelta,
    ) -> None:
        super().__init__(scope, id, name=name, account=account, key=key, retention=retention)
        self.dead_letters = DeadLetterQueue(self, "DeadLetters", name=f"{name}-dlq", account=account, key=key)
        self.dead_letters.allow_redrive_from(self._own_arn)
        self.resource.visibility_timeout_seconds = _seconds(visibility_timeout)
        self.resource.redrive_policy = Fn.jsonencode(
            {"deadLetterTargetArn": self.dead_letters.arn, "maxReceiveCount": max_receives}
        )

    def grant_consume(self, grantee: Grantee) -> None:
        """Allows a program to poll the queue, delete messages and extend their visibility time-out.

        Actions: sqs:ChangeMessageVisibility, sqs:DeleteMessage, sqs:ReceiveMessage; use of the key.
        """
        grantee.allow(Statement(actions=QUEUE_CONSUME, resources=[self.arn]))
        self._key.grant_use(grantee)

    def grant_event_source(self, grantee: Grantee) -> None:
        """Allows Lambda to poll the queue for a function (event source mapping).

        Actions: sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage; use of the key.
        """
        grantee.allow(Statement(actions=QUEUE_EVENT_SOURCE, resources=[self.arn]))
        self._key.grant_use(grantee)


def _seconds(time: timedelta) -> int:
    return int(time.total_seconds())
