"""`payctl ci`: the steps of the workflows in .github/workflows, which only call these."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import click

from ops.ci import sticky
from ops.ci.forge import needed
from ops.ci.forges import here
from ops.ci.planning import planned, require_key, tell, write
from ops.errors import NEEDS_PERSON, Problem
from ops.progress import say
from ops.review.renderers.by_suffix import render
from ops.review.report import Kind, Review, Verdict
from ops.target import read
from ops.terraform import terraform


def plan(name: str, *, out: Path, local: bool) -> int:
    """Plan without writing anything anywhere, and leave the review in a folder: 3 when it is blocked, else 0.

    The state is taken as it is: a role that may not read secrets cannot refresh them. Whether it is still
    true, the search for drift finds out.
    """
    with planned(name, local=local, refresh=False, lock=False, policies=True) as made:
        write(made.report, out)
        tell(made.report)
        click.echo(f"{name}: {made.review.verdict.name}, {words(made.review)}")
        return 3 if made.report.verdict is Verdict.BLOCKED else 0


def comment(name: str, *, text: Path, change: int | None) -> int:
    """Post a review on the pull request, or bring the one up to date that is there."""
    read(name)
    number = change or change_of(os.environ)
    try:
        body = text.read_text(encoding="utf-8")
    except OSError as error:
        raise Problem(f"{text} cannot be read: {error.strerror}.") from error
    say(f"Comment of {name} on {number}: {sticky.comment(here(), number, name, body)}.")
    return 0


def drift(name: str, *, local: bool) -> int:
    """Compare what is there with code and state: 0 equal, 2 not; keeps one issue an environment."""
    with planned(name, local=local, refresh=True, lock=False) as made:
        text = render(made.report, ".md")
        differs = drifted(made.review)
    done = sticky.issue(here(), name, text, drifted=differs)
    say(f"{name} {'has drifted' if differs else 'is as its code says'}; issue: {done}.")
    return NEEDS_PERSON if differs else 0


def apply_approved(name: str, *, approved: str, local: bool) -> int:
    """Plan anew, and apply exactly that plan if it is the approved one: 0 applied, 2 it is another.

    Planned from the same state as the approved one, as applying a saved plan would be: a refresh alone
    writes {} where the state has null, and another plan could not be told from that.
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
    """Problem when a plan is not the approved one, or may not be applied at all."""
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
    """The counts, or that there is nothing to count."""
    return review.counts.words() or "no changes"


def drifted(review: Review) -> bool:
    """Whether anything is not as code and state say."""
    return bool(review.rows) or review.block(Kind.DRIFT) is not None


def change_of(variables: Mapping[str, str]) -> int:
    """The number of the pull request or merge request that the workflow runs for."""
    if variables.get("GITLAB_CI"):
        return int(needed(variables, "CI_MERGE_REQUEST_IID"))
    event = json.loads(Path(needed(variables, "GITHUB_EVENT_PATH")).read_text(encoding="utf-8"))
    if "pull_request" not in event:
        raise Problem(
            "This run is not of a pull request.", hint="Name one: --change NUMBER", code=NEEDS_PERSON
        )
    return int(event["pull_request"]["number"])
