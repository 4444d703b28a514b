"""Faults for mutants: in the constructs while they run, or in what they synthesized."""

from __future__ import annotations

import copy
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

import constructs_lib
from constructs_lib.aws.security import iam
from tests.constructs_lib.conftest import Synthesized, policy
from tests.constructs_lib.permissions import POLICIES

ROOT = Path(constructs_lib.__file__).parent
ALARM, INCIDENT = "aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"
# Ids of a function and of a queue that can be copied, by type.
COPIED = {"aws_lambda_function": "Sweeper", "aws_sqs_queue": "Webhooks"}


class Actions:
    """Changes the actions of statements while they are made, as an edit of their source would.

    A place is the file that makes a statement, and the actions that it lists there.
    """

    def __init__(self, place: str = "", *, add: str = "", drop: str = "") -> None:
        self.place, self.add, self.drop = place, add, drop
        self.found: dict[str, tuple[str, ...]] = {}

    def __enter__(self) -> Actions:
        initialize = iam.Statement.__init__

        def changed(statement: iam.Statement, *, actions: Sequence[str], **fields: Any) -> None:
            place = f"{_file()}: {', '.join(actions)}"
            self.found[place] = tuple(actions)
            if place == self.place:
                actions = [*(it for it in actions if it != self.drop), *([self.add] if self.add else [])]
            initialize(statement, actions=actions, **fields)

        self._patch = patch.object(iam.Statement, "__init__", changed)
        self._patch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.stop()


def _file() -> str:
    """Returns the file of constructs_lib that asked for a statement; iam.py only makes it."""
    frame: FrameType | None = sys._getframe(2)
    while frame and (frame.f_code.co_filename in {iam.__file__, "<string>"}):
        frame = frame.f_back
    assert frame
    return Path(frame.f_code.co_filename).relative_to(ROOT).as_posix()


def statements(made: Synthesized) -> dict[str, str]:
    """Returns a description of every statement of a stack, by address, attribute and number."""
    return {
        f"{kind}.{id}.{attribute}.{number}": f"{statement['Effect']} {', '.join(statement['Action'])}"
        for kind, bodies in made.json["resource"].items()
        for id, body in bodies.items()
        for attribute in POLICIES
        if "Statement" in body.get(attribute, "")
        for number, statement in enumerate(policy(body[attribute]))
    }


def without_statement(made: Synthesized, place: str) -> Synthesized:
    """Returns the stack without one statement."""
    kind, id, attribute, number = place.split(".")
    mutated = _copy(made)
    body = mutated.json["resource"][kind][id]
    kept = [it for at, it in enumerate(policy(body[attribute])) if at != int(number)]
    body[attribute] = f"${{jsonencode({json.dumps({'Statement': kept})})}}"
    return mutated


def without_alarm(made: Synthesized, address: str) -> Synthesized:
    """Returns the stack without an alarm and without everything that refers to it."""
    kind, id = address.split(".")
    mutated = _copy(made)
    resources = mutated.json["resource"]
    gone = resources[kind].pop(id)
    for incident in resources[INCIDENT].values():
        rule = incident["alarm_rule"].split(" OR ")
        incident["alarm_rule"] = " OR ".join(it for it in rule if f"{address}.alarm_name" not in it)
    for dashboard in resources["aws_cloudwatch_dashboard"].values():
        text = re.sub(
            rf"{re.escape(address)}\.arn, |, {re.escape(address)}\.arn\b", "", dashboard["dashboard_body"]
        )
        dashboard["dashboard_body"] = text
    if kind == INCIDENT:  # its alarms notify by themselves then
        for member in re.findall(r"metric_alarm\.(\w+)\.alarm_name", gone["alarm_rule"]):
            resources[ALARM][member].update({name: gone[name] for name in ("alarm_actions", "ok_actions")})
    return mutated


def with_copy(made: Synthesized, kind: str) -> Synthesized:
    """Returns the stack with a second function or queue that is in no alarm, dashboard or parameter."""
    original = COPIED[kind]
    mutated = _copy(made)
    for other, bodies in mutated.json["resource"].items():
        if other not in {ALARM, "aws_ssm_parameter"} and (kind != "aws_sqs_queue" or other == kind):
            for id in [it for it in bodies if it == original or it.startswith(f"{original}_")]:
                text = json.dumps(bodies[id]).replace(original, "Copied")
                text = text.replace(original.lower(), "copied")
                bodies[id.replace(original, "Copied")] = json.loads(text)
    return mutated


def _copy(made: Synthesized) -> Synthesized:
    copied = copy.copy(made)
    copied.json = copy.deepcopy(made.json)
    return copied
