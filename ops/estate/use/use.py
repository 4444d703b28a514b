"""Is what an environment uses there, and fit for it? Asked of AWS before anything is planned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from constructs_lib.settings.schema import Detector
from ops.errors import NEEDS_PERSON, Problem
from ops.estate.use.caller import Caller
from ops.estate.use.keys import key_problems
from ops.estate.use.log_bucket import log_bucket_problems
from ops.estate.use.network import network_problems
from ops.estate.use.topics import topic_problems
from ops.progress import Waiting
from ops.target import Target

type Look = Callable[[Target, Caller], Iterator[str]]


def check(target: Target) -> None:
    """Raise one Problem with everything that does not fit, each with its setting; nothing is changed."""
    environment = target.environment
    use = environment.estate.use
    looks: dict[str, tuple[Any, Look]] = {
        "estate.use.vpc": (use.vpc, network_problems),
        "estate.use.key": (use.key, key_problems),
        **{
            f"estate.use.topics.{topic}": (getattr(use.topics, topic), topic_problems(topic))
            for topic in ("cost", "ops", "security")
        },
        "estate.use.log_bucket": (use.log_bucket, log_bucket_problems),
        "security.guard_duty": (environment.security.guard_duty is Detector.EXISTING, _detector_problems),
    }
    wanted = {path: look for path, (used, look) in looks.items() if used}
    if not wanted:
        return
    with Waiting(f"look at what {target.name} uses"):
        caller = Caller.of(target)
        problems = [
            problem for path, look in wanted.items() for problem in _asked(path, look, target, caller)
        ]
    if problems:
        raise Problem(
            "\n".join(problems),
            hint="Nothing was planned. The settings are in envs/, what has to hold in docs/use.md.",
            code=NEEDS_PERSON,
        )


def _asked(path: str, look: Look, target: Target, caller: Caller) -> Iterator[str]:
    try:
        yield from look(target, caller)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        yield f"{path}: {caller.account_and_region} answers {code} to {error.operation_name}"


def _detector_problems(target: Target, caller: Caller) -> Iterator[str]:
    client = target.client("guardduty")
    wanted = target.environment.estate.use.detector
    found = client.list_detectors()["DetectorIds"]
    if not found:
        yield f'security.guard_duty = "existing": {caller.account_and_region} has no detector'
    elif wanted and wanted not in found:
        yield f'estate.use.detector = "{wanted}": {caller.account_and_region} has {found[0]}'
    elif client.get_detector(DetectorId=found[0])["Status"] != "ENABLED":
        yield f'security.guard_duty = "existing": detector {found[0]} is suspended'
