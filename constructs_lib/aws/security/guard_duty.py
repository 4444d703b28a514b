"""GuardDuty and the delivery of its findings."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.data_aws_guardduty_detector import DataAwsGuarddutyDetector
from cdktf_cdktf_provider_aws.guardduty_detector import GuarddutyDetector
from constructs import Construct

from constructs_lib.aws.checkov import accept
from constructs_lib.aws.messaging.event_bus import EventRule
from constructs_lib.aws.messaging.queue import DeadLetterQueue
from constructs_lib.aws.messaging.topic import AnyTopic

FINDINGS = {"source": ["aws.guardduty"], "detail-type": ["GuardDuty Finding"]}
# The shortest interval for repeated findings; the frequency costs nothing.
REPEATED = "FIFTEEN_MINUTES"


class GuardDuty(Construct):
    """The GuardDuty detector of the account and region, and a rule that sends all its findings to a topic.

    Creates the detector, or reads the existing one; then a plan fails if there is none.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        create: bool,
        topic: AnyTopic,
        dead_letters: DeadLetterQueue,
        detector_id: str | None = None,
    ) -> None:
        """`create` is False if there is a detector: `detector_id`, or any of the account and region."""
        super().__init__(scope, id)
        if create:
            detector = GuarddutyDetector(self, "Resource", enable=True, finding_publishing_frequency=REPEATED)
            accept(detector, CKV2_AWS_3="an organization's settings belong to its management account")
        else:
            DataAwsGuarddutyDetector(self, "Existing", id=detector_id)
        EventRule(
            self,
            "Findings",
            name=name,
            description="Every finding of GuardDuty goes to the security topic",
            pattern=FINDINGS,
            dead_letters=dead_letters,
        ).send_to_topic("Security", topic)
