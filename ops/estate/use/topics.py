"""Checks of existing SNS topics: services must be able to publish to them, encrypted ones included."""

from collections.abc import Iterator

from constructs_lib.settings.existing_resources import EVENTS, PUBLISHERS
from constructs_lib.settings.naming import Naming
from ops.estate.caller import Caller
from ops.estate.use.keys import denied_to_service
from ops.estate.use.policies import AccessRequest, denied_actions
from ops.target import Target

AWS_MANAGED_KEY = "alias/aws/sns"
ALARMS = "cloudwatch.amazonaws.com"
# Condition keys of a publishing service; EventBridge sends none ("Resource-based policies", user guide).
SOURCES = ("aws:SourceAccount", "AWS:SourceOwner", "aws:SourceArn")


def topic_problems(name: str, target: Target, caller: Caller) -> Iterator[str]:
    """Yields services that cannot publish to the topic `name`.

    IAM: sns:GetTopicAttributes, kms:DescribeKey, kms:GetKeyPolicy.
    """
    arn = getattr(target.environment.estate.use.topics, name)
    setting = f'estate.use.topics.{name} = "{arn}":'
    topic = target.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    key = topic.get("KmsMasterKeyId")
    if key == AWS_MANAGED_KEY:
        yield f"{setting} is encrypted with {AWS_MANAGED_KEY}, with which no AWS service can publish"
    for service in PUBLISHERS[name]:
        request = AccessRequest(
            principal=("Service", service),
            actions=("sns:Publish",),
            resource=arn,
            context=_context(service, Naming(target.name), caller),
        )
        if denied_actions(topic["Policy"], request):
            yield f"{setting} its policy must allow {service} to publish"
        if key and key != AWS_MANAGED_KEY:
            kms = target.client("kms")
            # KMS returns policies by key id or ARN, not by alias.
            key_arn = kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
            if missing := denied_to_service(kms, key_arn, service, caller):
                yield f"{setting} its key must allow {service}: {', '.join(missing)}"


def _context(service: str, naming: Naming, caller: Caller) -> dict[str, str]:
    if service == EVENTS:
        return dict.fromkeys(SOURCES, "")
    context = dict.fromkeys(SOURCES[:2], caller.account)
    if service == ALARMS:
        context["aws:SourceArn"] = caller.arn("cloudwatch", f"alarm:{naming.name('x')}")
    return context
