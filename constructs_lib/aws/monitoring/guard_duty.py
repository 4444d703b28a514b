"""GuardDuty and the delivery of its findings."""

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
    """Sends all GuardDuty findings of the account and region to a topic.

    It creates the detector, or reads the existing one; then a plan fails if there is none.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        topic: AnyTopic,
        dead_letters: DeadLetterQueue,
        create: bool = True,
        detector_id: str | None = None,
    ) -> None:
        """Reads `detector_id`, or any detector of the account and region, if `create` is False."""
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
            description="Sends every finding of GuardDuty to a topic",
            pattern=FINDINGS,
            dead_letters=dead_letters,
        ).send_to_topic("Security", topic)
