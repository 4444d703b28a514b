"""What guards the rest: who accessed the buckets, GuardDuty's findings, Shield Advanced."""

from __future__ import annotations

from collections.abc import Mapping

from constructs_lib.aws.messaging.queue import DeadLetterQueue
from constructs_lib.aws.network.network import AnyNetwork
from constructs_lib.aws.security.guard_duty import GuardDuty
from constructs_lib.aws.security.shield import ShieldAdvanced
from constructs_lib.aws.storage.access_logs import AccessLogs
from constructs_lib.aws.storage.bucket import PrivateBucket
from constructs_lib.payments.components.foundation import Base
from constructs_lib.settings.settings import Detector


def make_security(
    base: Base, network: AnyNetwork, undelivered: DeadLetterQueue, buckets: Mapping[str, PrivateBucket]
) -> None:
    """`buckets`: all there are, by what they are called."""
    settings, use = base.environment.security, base.environment.estate.use
    if use.log_bucket:
        AccessLogs(
            base.stack,
            "AccessLogs",
            log_bucket=use.log_bucket,
            region=base.environment.aws.region,
            buckets={base.naming.name(thing): bucket for thing, bucket in buckets.items()},
        )
    if settings.guard_duty is not Detector.OFF:
        GuardDuty(
            base.stack,
            "GuardDuty",
            name=base.naming.name("findings"),
            create=settings.guard_duty is Detector.CREATE,
            topic=base.alerts.security,
            dead_letters=undelivered,
            detector_id=use.detector,
        )
    if settings.shield_advanced:
        ShieldAdvanced(base.stack, "Shield", name=base.naming.prefix, network=network, account=base.account)
