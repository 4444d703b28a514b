"""Jobs that run by the clock."""

from __future__ import annotations

from datetime import time, timedelta

from cdktf_cdktf_provider_aws.scheduler_schedule import (
    SchedulerSchedule,
    SchedulerScheduleFlexibleTimeWindow,
    SchedulerScheduleTarget,
    SchedulerScheduleTargetDeadLetterConfig,
    SchedulerScheduleTargetRetryPolicy,
)
from cdktf_cdktf_provider_aws.scheduler_schedule_group import SchedulerScheduleGroup
from constructs import Construct

from constructs_lib.aws.account import Account
from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.messaging.queue import DeadLetterQueue, Queue
from constructs_lib.aws.security.key import AnyKey
from constructs_lib.aws.security.role import Role

LONGEST_RETRY = timedelta(hours=24)  # the most that Scheduler takes
MOST_RETRIES = 185


class ScheduleGroup(Construct):
    """The schedules of one environment; metrics and trust are by group."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        account: Account,
        key: AnyKey,
        dead_letters: DeadLetterQueue,
    ) -> None:
        super().__init__(scope, id)
        self.account = account
        self.key = key
        self.dead_letters = dead_letters
        self.resource = SchedulerScheduleGroup(self, "Resource", name=name)

    @property
    def name(self) -> str:
        return self.resource.name

    @property
    def arn(self) -> str:
        return self.resource.arn


class Schedule(Construct):
    """Calls a function's alias, or sends a message to a queue, again and again.

    What cannot be delivered before the next time is due goes to the group's dead-letter queue: later it would
    only run twice. The time is that of UTC, which has no hour twice a year.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        description: str,
        group: ScheduleGroup,
        every: timedelta | time,
        flexible: timedelta | None,
        target: Function | Queue,
        message: str,
    ) -> None:
        """`every` so many whole minutes, or day at a time of UTC; `flexible`: within which AWS chooses the
        moment; `message` is JSON.
        """
        super().__init__(scope, id)
        # Scheduler tells the group for which it assumes a role, never the schedule (EventBridge Scheduler
        # user guide, "Confused deputy prevention").
        role = Role(
            self,
            "Role",
            name=name,
            service="scheduler.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": group.account.id, "aws:SourceArn": group.arn}},
        )
        if isinstance(target, Function):
            target.grant_invoke(role)
        else:
            target.grant_send(role)
        group.dead_letters.grant_send(role)
        group.key.grant_use(role)  # to read the message, which is kept encrypted
        self.resource = SchedulerSchedule(
            self,
            "Resource",
            name=name,
            description=description,
            group_name=group.name,
            schedule_expression=_expression(every),
            flexible_time_window=SchedulerScheduleFlexibleTimeWindow(
                mode="FLEXIBLE" if flexible else "OFF",
                maximum_window_in_minutes=_minutes(flexible) if flexible else None,
            ),
            kms_key_arn=group.key.arn,
            target=SchedulerScheduleTarget(
                arn=target.arn,
                role_arn=role.arn,
                input=message,
                retry_policy=SchedulerScheduleTargetRetryPolicy(
                    maximum_event_age_in_seconds=_seconds(
                        LONGEST_RETRY if isinstance(every, time) else min(every, LONGEST_RETRY)
                    ),
                    maximum_retry_attempts=MOST_RETRIES,
                ),
                dead_letter_config=SchedulerScheduleTargetDeadLetterConfig(arn=group.dead_letters.arn),
            ),
            depends_on=[role.policy],
        )


def _expression(every: timedelta | time) -> str:
    if isinstance(every, time):
        return f"cron({every.minute} {every.hour} * * ? *)"
    return f"rate({_minutes(every)} minute{'s' if _minutes(every) > 1 else ''})"


def _minutes(time: timedelta) -> int:
    return _seconds(time) // 60


def _seconds(time: timedelta) -> int:
    return int(time.total_seconds())
