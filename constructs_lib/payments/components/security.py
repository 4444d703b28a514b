"""Detection and protection: access logs of buckets, GuardDuty, Shield Advanced."""

from collections.abc import Mapping

from constructs_lib.aws.messaging.queue import DeadLetterQueue
from constructs_lib.aws.monitoring.guard_duty import GuardDuty
from constructs_lib.aws.network.network import AnyNetwork
from constructs_lib.aws.network.shield import ShieldAdvanced
from constructs_lib.aws.storage.access_logs import AccessLogs
from constructs_lib.aws.storage.bucket import PrivateBucket
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.settings.schema import Detector


def make_security(
    foundation: Foundation,
    network: AnyNetwork,
    undelivered: DeadLetterQueue,
    buckets: Mapping[str, PrivateBucket],
) -> None:
    """Creates the features that the environment enables. `buckets`: all buckets by name."""
    settings, use = foundation.environment.security, foundation.environment.estate.use
    if use.log_bucket:
        AccessLogs(
            foundation.stack,
            "AccessLogs",
            log_bucket=use.log_bucket,
            region=foundation.environment.aws.region,
            buckets={foundation.naming.name(name): bucket for name, bucket in buckets.items()},
        )
    if settings.guard_duty is not Detector.OFF:
        GuardDuty(
            foundation.stack,
            "GuardDuty",
            name=foundation.naming.name("findings"),
            create=settings.guard_duty is Detector.CREATE,
            topic=foundation.alerts.security,
            dead_letters=undelivered,
            detector_id=use.detector,
        )
    if settings.shield_advanced:
        ShieldAdvanced(
            foundation.stack,
            "Shield",
            name=foundation.naming.prefix,
            network=network,
            account=foundation.account,
        )
