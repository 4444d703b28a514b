"""Findings of GuardDuty."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.data_aws_guardduty_detector import DataAwsGuarddutyDetector
from cdktf_cdktf_provider_aws.guardduty_detector import GuarddutyDetector
from constructs import Construct

from constructs_lib.aws.checkov import accept
from constructs_lib.aws.messaging.event_bus import EventRule
from constructs_lib.aws.messaging.queue import DeadLetterQueue
from constructs_lib.aws.messaging.topic import AnyTopic
from constructs_lib.settings.settings import Detector

FINDINGS = {"source": ["aws.guardduty"], "detail-type": ["GuardDuty Finding"]}
# The soonest; how often it tells again of what it has found before costs nothing.
REPEATED = "FIFTEEN_MINUTES"


class GuardDuty(Construct):
    """The detector of the account and region, and a rule that sends all its findings to a topic.

    With `EXISTING` a plan fails where there is no detector: findings that nobody makes are not waited for.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        detector: Detector,
        findings: AnyTopic,
        dead_letters: DeadLetterQueue,
        existing: str | None = None,
    ) -> None:
        """`existing`: id of the detector, any of the account and region where it is not given."""
        super().__init__(scope, id)
        if detector is Detector.OFF:
            return
        if detector is Detector.CREATE:
            made = GuarddutyDetector(self, "Resource", enable=True, finding_publishing_frequency=REPEATED)
            accept(made, CKV2_AWS_3="an organization's settings belong to its management account")
        else:
            DataAwsGuarddutyDetector(self, "Existing", id=existing)
        EventRule(
            self,
            "Findings",
            name=name,
            description="Every finding of GuardDuty goes to the security topic",
            pattern=FINDINGS,
            dead_letters=dead_letters,
        ).send_to_topic("Security", findings)
