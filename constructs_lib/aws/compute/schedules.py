"""EventBridge Scheduler schedules."""

from datetime import time, timedelta

from cdktf_cdktf_provider_aws.scheduler_schedule import SchedulerSchedule
from cdktf_cdktf_provider_aws.scheduler_schedule_group import SchedulerScheduleGroup
from constructs import Construct

from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.messaging.queue import DeadLetterQueue, Queue
from constructs_lib.aws.security.key import AnyKey
from constructs_lib.aws.security.role import Role

LONGEST_RETRY = timedelta(hours=24)  # the limits of Scheduler
MOST_RETRIES = 185


class ScheduleGroup(Construct):
    """Creates a group of schedules that share a key and a dead-letter queue."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, key: AnyKey, dead_letters: DeadLetterQueue
    ) -> None:
        super().__init__(scope, id)
        self.key = key
        self.dead_letters = dead_letters
        self.resource = SchedulerScheduleGroup(self, "Resource", name=name)
        self.name: str = self.resource.name
        self.arn: str = self.resource.arn


class Schedule(Construct):
    """Creates a recurring schedule that invokes a function or sends a message to a queue, with its role.

    A delivery that fails until the next one is due goes to the dead-letter queue of the group; a later retry
    would run the job twice. Times are UTC, so daylight saving time never repeats or skips a run.
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
        target: Function | Queue,
        message: str = "{}",
        flexible: timedelta | None = None,
    ) -> None:
        """`every`: an interval of whole minutes, or a time of day in UTC. `message`: JSON.

        `flexible`: the window of whole minutes in which AWS chooses the moment.
        """
        super().__init__(scope, id)
        # Scheduler names the group for which it assumes a role, never the schedule (EventBridge Scheduler
        # user guide, "Confused deputy prevention").
        role = Role(
            self,
            "Role",
            name=name,
            service="scheduler.amazonaws.com",
            conditions={
                "StringEquals": {"aws:SourceAccount": group.key.account.id, "aws:SourceArn": group.arn}
            },
        )
        if isinstance(target, Function):
            target.grant_invoke(role)
        else:
            target.grant_send(role)
        group.dead_letters.grant_send(role)
        group.key.grant_use(role)  # Scheduler decrypts the message with the role
        longest = LONGEST_RETRY if isinstance(every, time) else min(every, LONGEST_RETRY)
        self.resource = SchedulerSchedule(
            self,
            "Resource",
            name=name,
            description=description,
            group_name=group.name,
            schedule_expression=_expression(every),
            flexible_time_window={
                "mode": "FLEXIBLE" if flexible else "OFF",
                "maximum_window_in_minutes": _minutes(flexible) if flexible else None,
            },
            kms_key_arn=group.key.arn,
            target={
                "arn": target.arn,
                "role_arn": role.arn,
                "input": message,
                "retry_policy": {
                    "maximum_event_age_in_seconds": int(longest.total_seconds()),
                    "maximum_retry_attempts": MOST_RETRIES,
                },
                "dead_letter_config": {"arn": group.dead_letters.arn},
            },
            depends_on=[role.policy],
        )
        self.name: str = self.resource.name
        self.arn: str = self.resource.arn


def _expression(every: timedelta | time) -> str:
    if isinstance(every, time):
        return f"cron({every.minute} {every.hour} * * ? *)"
    return f"rate({_minutes(every)} minute{'s' if _minutes(every) > 1 else ''})"


def _minutes(time: timedelta) -> int:
    return int(time.total_seconds()) // 60
