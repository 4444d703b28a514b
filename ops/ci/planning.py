"""A plan and its review for the jobs of a workflow."""

import datetime
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib.settings.environments import ENVS
from ops.deployment.deploy import environment_lock, prepare_stack, retry_without_stale_lock
from ops.errors import NEEDS_PERSON, Problem
from ops.estate.adopt import gate
from ops.estate.use import use
from ops.review import checkov, waivers
from ops.review.build import Extras, case_of, review
from ops.review.checkov import FailedCheck
from ops.review.cost import cost_of
from ops.review.plan import reading
from ops.review.plan import stack as synthesized
from ops.review.plan.secrets import KEY_VARIABLE, Redactor, key
from ops.review.renderers.by_suffix import MODULES, render
from ops.review.report import Command, Report, Review
from ops.target import Target, resolve_target
from ops.terraform import terraform

ARTIFACTS = [suffix for suffix in (".md", ".html", ".sarif", ".json", ".txt") if suffix in MODULES]
LONGEST_SUMMARY = 1_000_000  # bytes; GitHub takes a MiB from a step


@dataclass(frozen=True, slots=True)
class Planned:
    """Represents a saved plan and its review. The file is deleted at the end of the `with`."""

    target: Target
    stack: Path
    saved: Path
    report: Report

    @property
    def review(self) -> Review:
        return self.report.reviews[0]


@contextmanager
def planned(
    name: str, *, local: bool, refresh: bool, lock: bool, policies: bool = False
) -> Iterator[Planned]:
    """Plans an environment; with `policies`, Checkov checks the plan too.

    The saved plan contains values in clear text: it never leaves this machine.
    """
    target = resolve_target(name, local=local)
    with environment_lock(target), tempfile.TemporaryDirectory(prefix="payctl-ci-") as folder:
        use.check(target)
        stack, saved = prepare_stack(target), Path(folder, "plan")
        waiting = gate.pending(target, announce=True)

        def plan() -> int:
            return terraform.plan(
                stack, target.variables, out=saved, show=False, targets=waiting, refresh=refresh, lock=lock
            )

        retry_without_stale_lock(target, plan)
        if waiting:
            gate.check(target, stack, saved)
        shown = terraform.show(stack, saved, target.variables)
        failed = _failed(shown, Path(folder, "plan.json")) if policies else frozenset()
        yield Planned(target, stack, saved, judged(shown, name, stack, failed))


def judged(document: Any, name: str, stack: Path, failed: frozenset[FailedCheck] = frozenset()) -> Report:
    """Returns the review of a plan's JSON, with its cost. envs/<name>.waivers contains the waivers."""
    redactor, notes = Redactor(key()), synthesized.notes(stack)
    plan = reading.read(
        document, redactor, name=name, where=f"The plan of {name}", paths=synthesized.paths(notes)
    )
    decided = ENVS / f"{name}.waivers"
    extras = Extras(
        waivers=waivers.read((), [decided] if decided.exists() else []),
        accepted=synthesized.accepted(notes),
        commands=(Command("Reproduce", f"./payctl ci plan {name}"),),
        cost=cost_of(name),
        failed=failed,
    )
    return Report((review(case_of(plan, redactor), extras, datetime.date.today()),))


def _failed(document: Any, file: Path) -> frozenset[FailedCheck]:
    file.touch(mode=0o600)
    file.write_text(json.dumps(document), encoding="utf-8")
    return frozenset(checkov.failed(file))


def write(report: Report, folder: Path) -> None:
    """Writes the review in every format, as `review.<suffix>`; none of them contains a secret."""
    folder.mkdir(parents=True, exist_ok=True)
    for suffix in ARTIFACTS:
        (folder / f"review{suffix}").write_text(render(report, suffix), encoding="utf-8")


def publish(report: Report, variables: Mapping[str, str] = os.environ) -> None:
    """Passes hash and verdict to the next jobs, and shows the review on the page of the run.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    review = report.reviews[0]
    changes = "true" if review.rows else "false"
    lines = (f"hash={review.hash}", f"verdict={review.verdict.name}", f"changes={changes}")
    _append(variables.get("GITHUB_OUTPUT"), "\n".join(lines))
    text = render(report, ".md").encode()[:LONGEST_SUMMARY].decode(errors="ignore")
    _append(variables.get("GITHUB_STEP_SUMMARY"), text)


def require_key(variables: Mapping[str, str] = os.environ) -> None:
    """Raises Problem without a shared key: hashes of two jobs could not be compared."""
    if not variables.get(KEY_VARIABLE):
        raise Problem(
            f"{KEY_VARIABLE} is not set: hashes of two jobs cannot be compared.",
            hint="Store 32 random bytes as a secret of the repository and pass it to both jobs.",
            code=NEEDS_PERSON,
        )


def _append(file: str | None, text: str) -> None:
    if file:
        with Path(file).open("a", encoding="utf-8") as sink:
            sink.write(f"{text}\n")
