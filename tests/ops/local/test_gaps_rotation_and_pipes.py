"""Corrections of Secrets Manager, DynamoDB Streams and EventBridge Pipes."""

from __future__ import annotations

import json
import time

import pytest
from botocore.exceptions import ClientError

from ops.local import engine
from tests.ops.local.support import ACCOUNT, Clients, Functions, Roles, allow, clients, eventually

ROTATION = """
import boto3

def handler(event, context):
    secrets = boto3.client("secretsmanager")
    secret, version = event["SecretId"], event["ClientRequestToken"]
    if event["Step"] == "createSecret":
        try:
            secrets.get_secret_value(SecretId=secret, VersionId=version, VersionStage="AWSPENDING")
        except secrets.exceptions.ResourceNotFoundException:
            secrets.put_secret_value(
                SecretId=secret, ClientRequestToken=version, SecretString="new", VersionStages=["AWSPENDING"]
            )
    if event["Step"] == "finishSecret":
        old = secrets.get_secret_value(SecretId=secret)["VersionId"]
        secrets.update_secret_version_stage(
            SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=version, RemoveFromVersionId=old
        )
"""


def stream_of_new_table(aws: Clients, name: str) -> str:
    created = aws("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    return str(created["TableDescription"]["LatestStreamArn"])


def test_a_rotation_runs_the_steps_of_its_function_and_can_be_cancelled(
    aws: Clients, function: Functions
) -> None:
    secrets = aws("secretsmanager")
    name = secrets.create_secret(Name="rotated", SecretString="old")["ARN"]
    arn = function("rotate", ROTATION, allow("secretsmanager:*", "logs:*"))
    secrets.rotate_secret(SecretId=name, RotationLambdaARN=arn, RotationRules={"AutomaticallyAfterDays": 30})
    assert eventually(lambda: secrets.get_secret_value(SecretId=name)["SecretString"] == "new")
    assert secrets.describe_secret(SecretId=name)["RotationEnabled"] is True
    secrets.cancel_rotate_secret(SecretId=name)
    assert secrets.describe_secret(SecretId=name)["RotationEnabled"] is False


def test_a_role_can_be_allowed_to_read_one_stream(running: engine.Running, aws: Clients, role: Roles) -> None:
    own, other = stream_of_new_table(aws, "own"), stream_of_new_table(aws, "other")
    arn = role("reader", allow("dynamodb:DescribeStream", "dynamodb:GetShardIterator", resource=own))
    keys = aws("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    streams = clients(running, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])(
        "dynamodbstreams"
    )
    assert streams.describe_stream(StreamArn=own)["StreamDescription"]["StreamArn"] == own
    with pytest.raises(ClientError, match="AccessDenied"):
        streams.describe_stream(StreamArn=other)


def test_a_pipe_filters_records_and_delivers_events_with_its_own_role(aws: Clients, role: Roles) -> None:
    stream = stream_of_new_table(aws, "piped")
    bus = aws("events").create_event_bus(Name="piped")["EventBusArn"]
    url = aws("sqs").create_queue(QueueName="piped")["QueueUrl"]
    queue = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:piped"
    aws("events").put_rule(Name="all", EventBusName="piped", EventPattern='{"source": ["table"]}')
    aws("events").put_targets(Rule="all", EventBusName="piped", Targets=[{"Id": "1", "Arn": queue}])
    pattern = {"dynamodb": {"NewImage": {"kind": {"S": ["event"]}}}}
    parameters = {
        "SourceParameters": {
            "FilterCriteria": {"Filters": [{"Pattern": json.dumps(pattern)}]},
            "DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON", "MaximumRetryAttempts": 2},
        },
        "TargetParameters": {
            "EventBridgeEventBusParameters": {
                "Source": "table",
                "DetailType": "$.dynamodb.NewImage.kind.S",
            },
            "InputTemplate": '{"key": <$.dynamodb.Keys.pk.S>}',
        },
    }
    aws("pipes").create_pipe(
        Name="piped", RoleArn=role("pipe", allow("*")), Source=stream, Target=bus, **parameters
    )
    assert aws("pipes").describe_pipe(Name="piped").items() >= parameters.items()
    for key, kind in (("a", "other"), ("b", "event")):
        item = {"pk": {"S": key}, "kind": {"S": kind}}
        aws("dynamodb").put_item(TableName="piped", Item=item)
        time.sleep(0.01)
    (message,) = eventually(lambda: aws("sqs").receive_message(QueueUrl=url).get("Messages", []))
    event = json.loads(message["Body"])
    assert (event["detail-type"], event["detail"]) == ("event", {"key": "b"})
