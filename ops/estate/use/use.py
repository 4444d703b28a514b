"""Checks of the existing resources that an environment uses, before anything is planned."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from constructs_lib.settings.schema import Detector
from ops.errors import NEEDS_PERSON, Problem
from ops.estate.caller import Caller
from ops.estate.use.keys import key_problems
from ops.estate.use.log_bucket import log_bucket_problems
from ops.estate.use.network import network_problems
from ops.estate.use.topics import topic_problems
from ops.progress import Waiting
from ops.target import Target

type Check = Callable[[Target, Caller], Iterator[str]]


def check(target: Target) -> None:
    """Checks every used resource. Raises one Problem with all faults and their settings."""
    environment = target.environment
    use = environment.estate.use
    checks: dict[str, tuple[Any, Check]] = {
        "estate.use.vpc": (use.vpc, network_problems),
        "estate.use.key": (use.key, key_problems),
        **{
            f"estate.use.topics.{topic}": (getattr(use.topics, topic), partial(topic_problems, topic))
            for topic in ("cost", "ops", "security")
        },
        "estate.use.log_bucket": (use.log_bucket, log_bucket_problems),
        "security.guard_duty": (environment.security.guard_duty is Detector.EXISTING, _detector_problems),
    }
    required = {setting: check for setting, (used, check) in checks.items() if used}
    if not required:
        return
    with Waiting(f"check the existing resources that {target.name} uses"):
        caller = Caller.of(target)
        problems = [it for setting, check in required.items() for it in _run(setting, check, target, caller)]
    if problems:
        raise Problem(
            "\n".join(problems),
            hint="Nothing was planned. The settings are in envs/, their requirements in docs/use.md.",
            code=NEEDS_PERSON,
        )


def _run(setting: str, check: Check, target: Target, caller: Caller) -> Iterator[str]:
    try:
        yield from check(target, caller)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        yield f"{setting}: {caller.account_and_region} returns {code} for {error.operation_name}"


def _detector_problems(target: Target, caller: Caller) -> Iterator[str]:
    """Yields why a detector cannot be used. IAM: guardduty:ListDetectors, guardduty:GetDetector."""
    client = target.client("guardduty")
    expected = target.environment.estate.use.detector
    found = client.list_detectors()["DetectorIds"]
    if not found:
        yield f'security.guard_duty = "existing": {caller.account_and_region} has no detector'
    elif expected and expected not in found:
        yield f'estate.use.detector = "{expected}": {caller.account_and_region} has {found[0]}'
    elif client.get_detector(DetectorId=found[0])["Status"] != "ENABLED":
        yield f'security.guard_duty = "existing": detector {found[0]} is suspended'
