"""`payctl review`: reviews of plans, printed and written to files."""

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ops import checkout
from ops.errors import NEEDS_PERSON, Problem
from ops.progress import coloured
from ops.review import waivers
from ops.review.build import Extras, case_of, review
from ops.review.checkov import FailedCheck
from ops.review.cost import cost_of
from ops.review.judges import policy
from ops.review.plan import reading, secrets, stack
from ops.review.plan.plan import Plan
from ops.review.renderers import as_json as json_renderer
from ops.review.renderers import by_suffix as renderers
from ops.review.renderers import text
from ops.review.report import Command, Report
from ops.setup import toolchain
from ops.terraform import terraform

SAVED = b"PK"  # a saved plan is a zip file
NAMED = re.compile(r"^([a-z][a-z0-9-]*)=(.+)$")
NOT_OF_NAME = re.compile(r"^payments-|(?:\.(?:json|tfplan|plan|out))+$")


@dataclass(frozen=True, slots=True)
class Source:
    """Represents a plan to review: environment name, file, and folder of the synthesized stack, or None."""

    name: str
    file: Path
    stack: Path | None


def command(
    plans: Sequence[str],
    *,
    stack_dir: Path | None,
    out: Sequence[Path],
    waive: Sequence[str],
    waiver_files: Sequence[Path],
    checkov: Sequence[str],
    baseline: Sequence[str],
    as_json: bool,
) -> int:
    """Reviews plans. Returns the exit code of the worst verdict."""
    sources = [source(plan, stack_dir) for plan in plans]
    names = [each.name for each in sources]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise Problem(
            f"Two plans are named {', '.join(sorted(repeated))}.",
            hint="Name them: dev=a.json prod=b.json",
            code=NEEDS_PERSON,
        )
    written = [renderers.known(path) for path in out]
    waived = waivers.read(waive, waiver_files)
    failed, before = _by_name(checkov, names), _by_name(baseline, names)
    # One redactor: a secret of one environment is not shown in the review of another either.
    redactor, today = secrets.Redactor(secrets.key()), datetime.date.today()
    reviews = []
    for each, plan, accepted in [(each, *_read(each, redactor)) for each in sources]:
        extras = Extras(
            waivers=waived,
            failed=failed.get(each.name, frozenset()),
            baseline=before.get(each.name),
            cost=cost_of(each.name),
            accepted=accepted,
            commands=() if each.stack is None else _commands(each.name),
        )
        reviews.append(review(case_of(plan, redactor), extras, today))
    report = Report(tuple(reviews))
    for path in written:
        renderers.write(report, path)
    if as_json:
        click.echo(json_renderer.render(report), nl=False)
    else:
        click.echo(text.render(report), nl=False, color=coloured())
    return report.verdict.exit_code


def _read(each: Source, redactor: secrets.Redactor) -> tuple[Plan, Mapping[str, Mapping[str, str]]]:
    """The plan, and the accepted findings of Checkov."""
    notes = stack.notes(each.stack)
    paths = stack.paths(notes)
    plan = reading.read(document(each), redactor, name=each.name, where=str(each.file), paths=paths)
    return plan, stack.accepted(notes)


def source(word: str, stack_dir: Path | None) -> Source:
    """Returns the source of `dev=FILE` or `FILE`; by default, the stack is beside it or the usual one."""
    named = NAMED.match(word)
    file = Path(named[2] if named else word)
    folder = stack_dir or (file.parent if (file.parent / stack.FILE).exists() else None)
    guess = folder.name if folder else file.name
    name = named[1] if named else NOT_OF_NAME.sub("", guess)
    usual = checkout.stack_folder(name)
    if folder is None and (usual / stack.FILE).exists():
        folder = usual
    return Source(name, file, folder)


def document(each: Source) -> Any:
    """Returns the plan's JSON, that of a saved plan from Terraform. Raises Problem."""
    try:
        with each.file.open("rb") as handle:
            saved = handle.read(len(SAVED)) == SAVED
    except OSError as error:
        raise Problem(f"{each.file} cannot be read: {error.strerror}.") from error
    if not saved:
        return reading.load(each.file)
    if each.stack is None:
        raise Problem(
            f"{each.file} is a saved plan of an unknown stack.",
            hint="Add --stack FOLDER, the folder of its stack, or name the environment: dev=FILE",
            code=NEEDS_PERSON,
        )
    return terraform.show(each.stack, each.file.resolve(), toolchain.environment())


def _by_name(words: Iterable[str], names: Sequence[str]) -> Mapping[str, frozenset[FailedCheck]]:
    """Failed checks by environment; a file without a name belongs to all."""
    found: dict[str, frozenset[FailedCheck]] = {}
    for word in words:
        named = NAMED.match(word)
        if named and named[1] not in names:
            raise Problem(f"{word}: there is no plan named {named[1]}.", code=NEEDS_PERSON)
        read = policy.read(Path(named[2] if named else word))
        found |= {name: read for name in ([named[1]] if named else names)}
    return found


def _commands(name: str) -> tuple[Command, ...]:
    return (
        Command("Reproduce", f"./payctl plan {name} --out plan && ./payctl review {name}=plan"),
        Command("Apply, after a new plan and a confirmation", f"./payctl deploy {name}"),
    )
