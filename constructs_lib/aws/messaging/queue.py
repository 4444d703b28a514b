"""SQS queues."""

from datetime import timedelta

from cdktf import Fn
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from constructs import Construct

from constructs_lib.aws.adopted import name_of
from constructs_lib.aws.security.iam import Grantee, Statement, deny_plain_http, document
from constructs_lib.aws.security.key import AnyKey

LONGEST_RETENTION = timedelta(days=14)
DATA_KEY_REUSE = timedelta(hours=1)  # one KMS request an hour and user instead of one every five minutes
LONG_POLL = timedelta(seconds=20)  # the longest: fewest empty receives, which cost money


class _EncryptedQueue(Construct):
    """Queue policy and redrive are arguments: the provider waits 25 s for each separate resource."""

    def __init__(self, scope: Construct, id: str, *, name: str, key: AnyKey, retention: timedelta) -> None:
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
        self.name: str = self.resource.name
        self.arn: str = self.resource.arn
        self.url: str = self.resource.url
        self._own_arn = key.account.arn("sqs", name_of(self.resource, name))
        self._statements = [
            deny_plain_http(actions=["sqs:ReceiveMessage", "sqs:SendMessage"], resources=[self._own_arn])
        ]
        self.resource.policy = document(self._statements)

    def grant_send(self, grantee: Grantee) -> None:
        """Allows the grantee to send messages. Actions: sqs:SendMessage; use of the key."""
        self._grant(grantee, "sqs:SendMessage")

    def grant_consume(self, grantee: Grantee) -> None:
        """Allows a program to poll the queue, delete messages and extend their visibility time-out.

        Actions: sqs:ChangeMessageVisibility, sqs:DeleteMessage, sqs:ReceiveMessage; use of the key.
        """
        self._grant(grantee, "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage")

    def grant_event_source(self, grantee: Grantee) -> None:
        """Allows Lambda to poll the queue for a function (event source mapping).

        Actions: sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage; use of the key.
        """
        self._grant(grantee, "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")

    def _grant(self, grantee: Grantee, *actions: str) -> None:
        grantee.allow(Statement(actions=actions, resources=[self.arn]))
        self._key.grant_use(grantee)

    def allow_send(self, *, service: str, source_arn: str) -> None:
        """Allows an AWS service to send messages for one source, in the queue policy."""
        self._statements.append(
            Statement(
                principals={"Service": service},
                actions=["sqs:SendMessage"],
                resources=[self._own_arn],
                conditions={"ArnEquals": {"aws:SourceArn": source_arn}},
            )
        )
        self.resource.policy = document(self._statements)


class DeadLetterQueue(_EncryptedQueue):
    """Creates an encrypted queue that keeps failed messages for 14 days."""

    def __init__(self, scope: Construct, id: str, *, name: str, key: AnyKey) -> None:
        super().__init__(scope, id, name=name, key=key, retention=LONGEST_RETENTION)
        self.resource.redrive_allow_policy = Fn.jsonencode({"redrivePermission": "denyAll"})

    def allow_redrive_from(self, queue_arn: str) -> None:
        """Allows exactly one queue to use this one as its dead-letter queue."""
        self.resource.redrive_allow_policy = Fn.jsonencode(
            {"redrivePermission": "byQueue", "sourceQueueArns": [queue_arn]}
        )


class Queue(_EncryptedQueue):
    """Creates an encrypted queue with its dead-letter queue, and refuses requests without TLS.

    A message moves to the dead-letter queue after `max_receives` failed receives.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        key: AnyKey,
        visibility_timeout: timedelta,
        max_receives: int = 5,
        retention: timedelta = timedelta(days=4),
    ) -> None:
        """`visibility_timeout`: at least the time-out of the consumer; AWS advises six times as long."""
        super().__init__(scope, id, name=name, key=key, retention=retention)
        self.visibility_timeout = visibility_timeout
        self.dead_letters = DeadLetterQueue(self, "DeadLetters", name=f"{name}-dlq", key=key)
        self.dead_letters.allow_redrive_from(self._own_arn)
        self.resource.visibility_timeout_seconds = _seconds(visibility_timeout)
        self.resource.redrive_policy = Fn.jsonencode(
            {"deadLetterTargetArn": self.dead_letters.arn, "maxReceiveCount": max_receives}
        )


def _seconds(time: timedelta) -> int:
    return int(time.total_seconds())
