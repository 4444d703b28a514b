"""Proof that the tests of permissions and monitoring can fail: every mutant has to make one fail.

A mutant is the product with one fault: an action more or less, a statement less, an alarm less, a function or
queue that nothing monitors. Faults are made in memory, never in files. Run:
`.venv/bin/python -m tests.mutation.mutate [WORD]`; with a word, only mutants that have it in their name.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "handlers"))

import constructs_lib  # noqa: F401  (before cdktf: installs the fast loading of it)
from tests.constructs_lib.conftest import Synthesized, environment
from tests.constructs_lib.payments import test_alarms, test_completeness, test_dashboards, test_roles
from tests.constructs_lib.state import test_ci_roles
from tests.mutation import faults
from tests.mutation.checks import failing

ENVIRONMENTS = ("dev", "staging", "prod")
RICHEST = "prod"  # has every statement that another environment has
PROCESSES = 2
# An action of each service that no statement has.
FOREIGN = {
    "cloudwatch": "cloudwatch:DeleteAlarms",
    "dynamodb": "dynamodb:DeleteTable",
    "ec2": "ec2:TerminateInstances",
    "events": "events:DeleteRule",
    "kms": "kms:ReplicateKey",
    "lambda": "lambda:UpdateFunctionCode",
    "logs": "logs:DeleteLogGroup",
    "s3": "s3:DeleteObjectVersion",
    "secretsmanager": "secretsmanager:DeleteSecret",
    "sns": "sns:DeleteTopic",
    "sqs": "sqs:PurgeQueue",
    "sts": "sts:TagSession",
    "ssm": "ssm:SendCommand",
    "ssmmessages": "ssm:SendCommand",
    "xray": "xray:DeleteGroup",
}


# The stacks whose permissions are compared, each made anew.
STACKS: Mapping[str, Callable[[], Synthesized]] = {
    RICHEST: lambda: environment.__wrapped__(RICHEST),
    "backend": test_ci_roles.backend,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """Represents one fault: its kind, where it is, and what changes there."""

    kind: str
    place: str
    change: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.place}: {self.change} {self.value}".rstrip()


def mutants() -> Iterator[Mutant]:
    for stack, synthesize in STACKS.items():
        with faults.Actions() as recorded:
            synthesize()
        for place, actions in recorded.found.items():
            foreign = FOREIGN[actions[0].partition(":")[0]]
            yield Mutant(kind=f"actions of {stack}", place=place, change="add", value=foreign)
            for action in actions:
                yield Mutant(kind=f"actions of {stack}", place=place, change="drop", value=action)
    for stack, synthesize in STACKS.items():
        for place, description in faults.statements(synthesize()).items():
            yield Mutant(kind=stack, place=place, change="drop", value=description)
    for kind in (faults.ALARM, faults.INCIDENT):
        for id in environment(RICHEST).all(kind):
            yield Mutant(kind="alarm", place=f"{kind}.{id}", change="drop")
    for kind in faults.COPIED:
        yield Mutant(kind="resource", place=kind, change="add one without monitoring")


def killers(mutant: Mutant) -> tuple[Mutant, Sequence[str]]:
    """Returns a mutant with the names of the tests that fail; without any, it survived."""
    if mutant.kind.startswith("actions of "):
        stack = mutant.kind.removeprefix("actions of ")
        with faults.Actions(mutant.place, **{mutant.change: mutant.value}):
            made = STACKS[stack]()
        return mutant, _failing_permissions({stack: made})
    if mutant.kind in STACKS:
        made = faults.without_statement(_synthesized(mutant.kind), mutant.place)
        return mutant, _failing_permissions({mutant.kind: made})
    fault = faults.without_alarm if mutant.kind == "alarm" else faults.with_copy
    stacks = {name: fault(environment(name), mutant.place) for name in ENVIRONMENTS}
    return mutant, failing((test_completeness, test_alarms, test_dashboards), stacks)


@cache
def _synthesized(stack: str) -> Synthesized:
    return STACKS[stack]()


def _failing_permissions(stacks: Mapping[str, Synthesized]) -> list[str]:
    found = []
    for name, made in stacks.items():
        try:
            if name == "backend":
                test_ci_roles.test_every_permission_of_the_backend_is_in_the_table(made)
            else:
                test_roles.test_every_role_may_do_exactly_this(made, name)
        except AssertionError:
            found.append(f"permissions of {name}")
    return found


def main(words: Sequence[str]) -> int:
    """Prints every mutant with the tests that failed; returns 1 when one survived."""
    started = time.monotonic()
    survivors = []
    wanted = [it for it in mutants() if all(word in str(it) for word in words)]
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        for mutant, failed in pool.map(killers, wanted, chunksize=4):
            print(f"{'killed' if failed else 'SURVIVED'}  {mutant}", flush=True)
            for name in failed:
                print(f"          by {name}")
            if not failed:
                survivors.append(mutant)
    print(f"{len(wanted)} mutants, {len(survivors)} survived, {time.monotonic() - started:.0f} s")
    return 1 if survivors or not wanted else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
