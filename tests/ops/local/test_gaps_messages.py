"""Corrections of SQS."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from ops.local import engine
from tests.ops.local.support import Clients, Roles, allow, clients


def test_who_may_send_a_message_may_send_a_batch_and_nothing_else(
    running: engine.Running, aws: Clients, role: Roles
) -> None:
    url = aws("sqs").create_queue(QueueName="batches")["QueueUrl"]
    arn = role("sender", allow("sqs:SendMessage"))
    keys = aws("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    sqs = clients(running, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])("sqs")
    sent = sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "one"}])
    assert len(sent["Successful"]) == 1
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.receive_message(QueueUrl=url)
