"""The review on a terminal."""

import textwrap
from collections.abc import Iterator

import click

from ops.review.plan.plan import Action
from ops.review.report import Finding, Report, Review, Row
from ops.review.verdict import Verdict

COLOURS = {Verdict.SAFE: "green", Verdict.REVIEW: "yellow", Verdict.DANGEROUS: "red", Verdict.BLOCKED: "red"}
MARKS = {Verdict.SAFE: "·", Verdict.REVIEW: "?", Verdict.DANGEROUS: "!", Verdict.BLOCKED: "✗"}
SIGNS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "±",
    Action.DESTROY: "-",
    Action.FORGET: "x",
}
SENTENCES = textwrap.TextWrapper(110, initial_indent="      ", subsequent_indent="        ")
MOST_ADDRESSES = 3
MOST_ROWS = 40


def render(report: Report) -> str:
    """Returns the verdict, findings that need a decision, then the others; with colours for `click.echo`."""
    parts = []
    if len(report.reviews) > 1:
        parts.append("\n".join(_table(report)))
    for group in report.groups:
        parts.append("\n".join(_review(group)))
    return "\n\n".join(parts) + "\n"


def _table(report: Report) -> Iterator[str]:
    widest = max(len(review.environment) for review in report.reviews)
    for group in report.groups:
        for review in group:
            equal = f"  as {group[0].environment}" if review is not group[0] else ""
            yield (
                f"{review.environment:<{widest}}  {_verdict(review.verdict)}"
                f"{' ' * (9 - len(review.verdict.name))}  {review.counts.words() or 'no changes'}{equal}"
            )


def _review(group: tuple[Review, ...]) -> Iterator[str]:
    review = group[0]
    names = ", ".join(each.environment for each in group)
    why = f": {review.headline}" if review.headline else ""
    yield f"{_verdict(review.verdict)}  {click.style(names, bold=True)}{why}"
    yield review.counts.words() or "No changes."
    for note in review.notes:
        yield f"Note: {note}"
    for block in sorted(review.blocks, key=lambda each: not each.open):
        yield ""
        yield click.style(block.kind.title, bold=True)
        for finding in block.findings:
            yield from _finding(finding)
    if review.rows:
        yield ""
        yield click.style("Changes", bold=True)
        for row in review.rows[:MOST_ROWS]:
            yield from _row(row)
        if len(review.rows) > MOST_ROWS:
            yield f"  and {len(review.rows) - MOST_ROWS} more: write them with --out review.md or review.json"
    yield ""
    for command in review.commands:
        yield f"{command.what}: {command.line}"
    yield f"Canonical hash: {review.hash}"


def _verdict(verdict: Verdict) -> str:
    return click.style(verdict.name, fg=COLOURS[verdict], bold=True)


def _finding(finding: Finding) -> Iterator[str]:
    mark = click.style(MARKS[finding.effective_verdict], fg=COLOURS[finding.effective_verdict])
    addresses = ", ".join(finding.addresses[:MOST_ADDRESSES])
    more = len(finding.addresses) - MOST_ADDRESSES
    yield f"  {mark} {addresses}{f' and {more} more' if more > 0 else ''}"
    if finding.path:
        yield f"      construct {finding.path}"
    for sentence in (finding.title, *finding.details):
        yield SENTENCES.fill(sentence)
    if finding.paste:
        yield f"      Paste: {click.style(finding.paste, fg='cyan')}"
    if finding.waiver:
        yield f"      Waived until {finding.waiver.until}: {finding.waiver.reason}"


def _row(row: Row) -> Iterator[str]:
    yield f"  {SIGNS.get(row.action, '→')} {row.construct}  ({row.address})"
    for each in row.attributes:
        forced = "  forces the replacement" if each.replaces else ""
        yield f"      {each.name}: {each.before or 'nothing'} → {each.after or 'nothing'}{forced}"
    if row.policy:
        yield SENTENCES.fill(f"policy: {', '.join(row.policy)}")
