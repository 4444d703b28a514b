"""`payctl ci`: the steps of the workflows in .github/workflows."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import click

from ops.ci import sticky
from ops.ci.forge import from_runner, required
from ops.ci.planning import planned, publish, require_key, write
from ops.errors import NEEDS_PERSON, Problem
from ops.progress import say
from ops.review.renderers.by_suffix import render
from ops.review.report import Review
from ops.review.verdict import Kind, Verdict
from ops.target import read
from ops.terraform import terraform


def plan(name: str, *, out: Path, local: bool) -> int:
    """Plans without writing to AWS or the state, and writes the review; returns 3 if it is blocked, else 0.

    The state is not refreshed: a role that may not read secrets cannot refresh them. `drift` compares the
    state with AWS.
    """
    with planned(name, local=local, refresh=False, lock=False, policies=True) as made:
        write(made.report, out)
        publish(made.report)
        click.echo(f"{name}: {made.review.verdict.name}, {words(made.review)}")
        return 3 if made.report.verdict is Verdict.BLOCKED else 0


def comment(name: str, *, text: Path, change: int | None) -> int:
    """Posts a review on the pull request, or updates it there."""
    read(name)
    number = change or change_of(os.environ)
    try:
        body = text.read_text(encoding="utf-8")
    except OSError as error:
        raise Problem(f"{text} cannot be read: {error.strerror}.") from error
    say(f"Comment of {name} on {number}: {sticky.comment(from_runner(), number, name, body)}.")
    return 0


def drift(name: str, *, local: bool) -> int:
    """Compares AWS with code and state, and keeps one issue for each environment; returns 2 on drift."""
    with planned(name, local=local, refresh=True, lock=False) as made:
        text = render(made.report, ".md")
        differs = bool(made.review.rows) or made.review.block(Kind.DRIFT) is not None
    done = sticky.issue(from_runner(), name, text, drifted=differs)
    say(f"{name} {'has drifted' if differs else 'has no drift'}; issue: {done}.")
    return NEEDS_PERSON if differs else 0


def apply_approved(name: str, *, approved: str, local: bool) -> int:
    """Plans again, and applies that plan if it is the approved one; returns 0, or raises Problem with code 2.

    Plans from the same state as the approved plan, without a refresh: a refresh writes {} where the state has
    null, which would change the hash of an equal plan.
    """
    require_key()
    with planned(name, local=local, refresh=False, lock=True) as made:
        refuse_another(made.review, approved)
        if made.review.rows:
            terraform.apply(made.stack, made.saved, made.target.variables)
            say(f"{name}: applied the approved plan, {made.review.counts.words()}.")
        else:
            say(f"{name}: nothing to apply.")
    return 0


def refuse_another(review: Review, approved: str) -> None:
    """Raises Problem if a plan is not the approved one, or is blocked."""
    if review.hash != approved:
        raise Problem(
            f"{review.environment}: this is not the plan that was approved; nothing was applied.",
            hint=f"Approved: {approved or 'none'}. Now: {review.hash}, {words(review)}. Code or state have "
            "changed since: run the workflow again, and approve what it shows.",
            code=NEEDS_PERSON,
        )
    if review.verdict is Verdict.BLOCKED:
        raise Problem(
            f"{review.environment}: the plan is blocked; nothing was applied.",
            hint=review.headline,
            code=NEEDS_PERSON,
        )


def words(review: Review) -> str:
    """Returns the counts of the changes in words."""
    return review.counts.words() or "no changes"


def change_of(variables: Mapping[str, str]) -> int:
    """Returns the number of the pull request or merge request that the workflow runs for."""
    if variables.get("GITLAB_CI"):
        return int(required(variables, "CI_MERGE_REQUEST_IID"))
    event = json.loads(Path(required(variables, "GITHUB_EVENT_PATH")).read_text(encoding="utf-8"))
    if "pull_request" not in event:
        raise Problem(
            "This run belongs to no pull request.", hint="Name one: --change NUMBER", code=NEEDS_PERSON
        )
    return int(event["pull_request"]["number"])
