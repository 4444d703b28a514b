"""Faults for mutants: in the constructs while they run, or in what they synthesized."""

from __future__ import annotations

import contextlib
import copy
import importlib
import json
import pkgutil
import re
import sys
from collections.abc import Iterator
from types import ModuleType
from unittest.mock import patch

import constructs_lib
from constructs_lib.aws.security import iam
from tests.constructs_lib.conftest import Synthesized, policy
from tests.constructs_lib.permissions import POLICIES

ACTION = re.compile(r"[a-z0-9-]+:[A-Z]\w+")
ALARM, INCIDENT = "aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"
# Ids of a function and of a queue that can be copied, by type.
COPIED = {"aws_lambda_function": "Sweeper", "aws_sqs_queue": "Webhooks"}


def modules() -> list[ModuleType]:
    """Returns all modules of constructs_lib that can hold a constant."""
    packages = pkgutil.walk_packages(constructs_lib.__path__, "constructs_lib.")
    return [importlib.import_module(it.name) for it in packages if "fast_bindings" not in it.name]


def constants() -> dict[str, tuple[str, ...]]:
    """Returns every constant of IAM actions, by the module that defines it and its name."""
    found = {}
    for module in modules():
        for name, value in vars(module).items():
            imported = module is not iam and hasattr(iam, name)
            if name.isupper() and not imported and _are_actions(value):
                found[f"{module.__name__}.{name}"] = value
    return found


def _are_actions(value: object) -> bool:
    if not isinstance(value, tuple) or not value:
        return False
    return all(isinstance(it, str) and ACTION.fullmatch(it) for it in value)


@contextlib.contextmanager
def constant(place: str, value: tuple[str, ...]) -> Iterator[None]:
    """Gives a constant another value, also where it was imported by its name."""
    home, _, name = place.rpartition(".")
    before = getattr(sys.modules[home], name)
    with contextlib.ExitStack() as patches:
        for module in modules():
            if getattr(module, name, None) == before:
                patches.enter_context(patch.object(module, name, value))
        yield


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
