"""An app that uses the bindings in many ways. As a program it synthesizes into the folder of its argument."""

from __future__ import annotations

import sys

from cdktf import (
    App,
    Fn,
    TerraformIterator,
    TerraformOutput,
    TerraformResourceLifecycle,
    TerraformStack,
    Token,
)
from cdktf_cdktf_provider_aws import vpc
from cdktf_cdktf_provider_aws.cloudwatch_event_bus import CloudwatchEventBus
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import (
    DataAwsIamPolicyDocument,
    DataAwsIamPolicyDocumentStatement,
    DataAwsIamPolicyDocumentStatementPrincipals,
)
from cdktf_cdktf_provider_aws.dynamodb_table import (
    DynamodbTable,
    DynamodbTableAttribute,
    DynamodbTablePointInTimeRecovery,
    DynamodbTableTtl,
)
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.lambda_alias import LambdaAlias
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction, LambdaFunctionEnvironment
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleTransition,
)
from cdktf_cdktf_provider_aws.security_group import SecurityGroup, SecurityGroupEgress
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from cdktf_cdktf_provider_aws.sqs_queue_policy import SqsQueuePolicy
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from cdktf_cdktf_provider_aws.subnet import Subnet


def build(stack: TerraformStack) -> None:
    """Structs in lists, tokens, functions, an iterator, overrides, data sources, a module imported late."""
    AwsProvider(stack, "aws", region="eu-west-1", default_tags=[AwsProviderDefaultTags(tags={"team": "a"})])
    account = DataAwsCallerIdentity(stack, "account")
    trust = DataAwsIamPolicyDocument(
        stack,
        "trust",
        statement=[
            DataAwsIamPolicyDocumentStatement(
                actions=["sts:AssumeRole"],
                principals=[
                    DataAwsIamPolicyDocumentStatementPrincipals(
                        type="Service", identifiers=["lambda.amazonaws.com"]
                    )
                ],
            )
        ],
    )
    key = KmsKey(
        stack, "key", enable_key_rotation=True, lifecycle=TerraformResourceLifecycle(prevent_destroy=True)
    )
    network = vpc.Vpc(stack, "network", cidr_block="10.0.0.0/16", enable_dns_hostnames=True)
    for zone in range(2):
        cidr = Fn.cidrsubnet(network.cidr_block, 8, zone)
        Subnet(stack, f"subnet{zone}", vpc_id=network.id, cidr_block=cidr, map_public_ip_on_launch=False)
    out = SecurityGroupEgress(from_port=443, to_port=443, protocol="tcp", cidr_blocks=["0.0.0.0/0"])
    SecurityGroup(stack, "group", vpc_id=network.id, egress=[out])
    dead = SqsQueue(stack, "dead", name="dead", kms_master_key_id=key.arn)
    redrive = Fn.jsonencode({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 5})
    queue = SqsQueue(stack, "queue", name=f"queue-{account.account_id}", redrive_policy=redrive)
    SqsQueuePolicy(stack, "policy", queue_url=queue.url, policy=trust.json)
    CloudwatchEventBus(stack, "bus", name="payments")
    bucket = S3Bucket(stack, "bucket", bucket=Fn.join("-", ["audit", account.account_id]))
    archive = S3BucketLifecycleConfigurationRuleTransition(days=30, storage_class="GLACIER")
    rule = S3BucketLifecycleConfigurationRule(id="archive", status="Enabled", transition=[archive])
    S3BucketLifecycleConfiguration(stack, "lifecycle", bucket=bucket.id, rule=[rule])
    table = DynamodbTable(
        stack,
        "table",
        name="payments",
        hash_key="pk",
        range_key="sk",
        attribute=[DynamodbTableAttribute(name=name, type="S") for name in ("pk", "sk")],
        ttl=DynamodbTableTtl(attribute_name="expires_at", enabled=True),
        point_in_time_recovery=DynamodbTablePointInTimeRecovery(enabled=True),
    )
    role = IamRole(stack, "role", name="role", assume_role_policy=trust.json)
    function = LambdaFunction(
        stack,
        "function",
        function_name="processor",
        role=role.arn,
        memory_size=512,
        environment=LambdaFunctionEnvironment(variables={"TABLE": table.name, "QUEUE": queue.url}),
        depends_on=[bucket],
    )
    LambdaAlias(stack, "alias", name="live", function_name=function.arn, function_version=function.version)
    CloudwatchLogGroup(stack, "log", name=f"/aws/lambda/{function.function_name}", retention_in_days=7)
    each = TerraformIterator.from_map({"table": table.arn, "queue": queue.arn})
    parameter = SsmParameter(
        stack,
        "parameter",
        for_each=each,
        name=f"/payments/{each.key}",
        type="String",
        value=Token.as_string(each.value),
    )
    parameter.add_override("lifecycle.ignore_changes", ["value"])
    function.timeout = 30
    queue.put_timeouts(create="5m")

    from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm

    CloudwatchMetricAlarm(
        stack,
        "alarm",
        alarm_name="backlog",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        threshold=10,
        metric_name="ApproximateNumberOfMessagesVisible",
        namespace="AWS/SQS",
        period=60,
        statistic="Maximum",
        dimensions={"QueueName": queue.name},
    )
    TerraformOutput(stack, "url", value=queue.url, sensitive=True)


if __name__ == "__main__":
    app = App(outdir=sys.argv[1])
    build(TerraformStack(app, "same"))
    app.synth()
