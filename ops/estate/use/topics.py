"""A topic that is used: who may publish to it, also where it is encrypted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from constructs_lib.settings.existing_resources import EVENTS, PUBLISHERS
from constructs_lib.settings.naming import Naming
from ops.estate.use.caller import Caller
from ops.estate.use.keys import service_refused
from ops.estate.use.policies import Asking, refused
from ops.target import Target

PUBLISH = ("sns:Publish",)
AWS_OWN_KEY = "alias/aws/sns"
ALARMS = "cloudwatch.amazonaws.com"
# What the services tell SNS of themselves; EventBridge tells nothing ("Resource-based policies", user guide).
SOURCES = ("aws:SourceAccount", "AWS:SourceOwner", "aws:SourceArn")


def topic_problems(name: str) -> Callable[[Target, Caller], Iterator[str]]:
    """Of one of the topics: services that could not publish to it."""

    def look(target: Target, caller: Caller) -> Iterator[str]:
        arn = getattr(target.environment.estate.use.topics, name)
        here = f'estate.use.topics.{name} = "{arn}":'
        topic = target.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
        key = topic.get("KmsMasterKeyId")
        if key == AWS_OWN_KEY:
            yield f"{here} is encrypted with {AWS_OWN_KEY}, with which no AWS service can publish"
        for service in PUBLISHERS[name]:
            asking = Asking(
                principal=("Service", service),
                actions=PUBLISH,
                resource=arn,
                known=_known(service, Naming(target.name), caller),
            )
            if refused(topic["Policy"], asking):
                yield f"{here} its policy must let {service} publish"
            if key and key != AWS_OWN_KEY:
                missing = service_refused(target.client("kms"), _resolved(target, key), service, caller)
                if missing:
                    yield f"{here} its key must let {service}: {', '.join(missing)}"

    return look


def _resolved(target: Target, key: str) -> str:
    """KMS gives policies of keys, not of aliases."""
    return str(target.client("kms").describe_key(KeyId=key)["KeyMetadata"]["Arn"])


def _known(service: str, naming: Naming, caller: Caller) -> dict[str, str]:
    if service == EVENTS:
        return dict.fromkeys(SOURCES, "")
    known = dict.fromkeys(SOURCES[:2], caller.account)
    if service == ALARMS:
        known["aws:SourceArn"] = caller.arn("cloudwatch", f"alarm:{naming.name('x')}")
    return known
