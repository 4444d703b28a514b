"""The review as the comment of a pull request: at most 65,536 characters on GitHub."""

import re
from collections.abc import Iterator

from ops.review.plan.plan import Action
from ops.review.renderers.mermaid import picture
from ops.review.report import Block, Finding, Report, Review, Row
from ops.review.verdict import Verdict

LIMIT = 65_536
OVERFLOW = "\n\n*The rest does not fit into a comment: it is in the artifact of this run.*\n"
SIGNS = {Verdict.SAFE: "🟢", Verdict.REVIEW: "🟡", Verdict.DANGEROUS: "🔴", Verdict.BLOCKED: "⛔"}
ESCAPED = re.compile(r"([\\`*_{}\[\]<>#|~])")
MOST_ADDRESSES = 5


def marker(report: Report) -> str:
    """Returns the hidden line that identifies the comment for its update in place."""
    return f"<!-- payctl review: {' '.join(review.environment for review in report.reviews)} -->"


def render(report: Report) -> str:
    """Returns findings that need a decision, then the others, folded; cut at the end if too long."""
    head = [marker(report)]
    if len(report.reviews) > 1:
        head.append("\n".join(_table(report)))
    # Open parts of all environments come first: the cut removes the least important ones.
    parts = [*head, *(part for group in report.groups for part in _open(group))]
    parts += [part for group in report.groups for part in _folded(group, several=len(report.groups) > 1)]
    return _within(parts)


def _within(parts: list[str]) -> str:
    whole = "\n\n".join(parts) + "\n"
    if _size(whole) <= LIMIT:
        return whole
    kept = ""
    for part in parts:
        more = f"{kept}\n\n{part}" if kept else part
        if _size(more) + _size(OVERFLOW) > LIMIT:
            break
        kept = more
    return kept + OVERFLOW


def _size(text: str) -> int:
    """In bytes: never less than the number of characters."""
    return len(text.encode())


def _table(report: Report) -> Iterator[str]:
    yield "| environment | verdict | changes | why |"
    yield "|---|---|---|---|"
    for group in report.groups:
        for review in group:
            equal = f"as {_text(group[0].environment)}" if review is not group[0] else _text(review.headline)
            yield (
                f"| {_text(review.environment)} | {_sign(review.verdict)} "
                f"| {review.counts.words() or 'none'} | {equal} |"
            )


def _open(group: tuple[Review, ...]) -> Iterator[str]:
    review = group[0]
    names = ", ".join(_text(each.environment) for each in group)
    why = f": {_text(review.headline)}" if review.headline else ""
    yield f"## {_sign(review.verdict)} {names}{why}\n\n{review.counts.words() or 'No changes.'}"
    for note in review.notes:
        yield f"> {_text(note)}"
    for block in review.blocks:
        if block.open:
            yield f"### {block.kind.title}"
            yield from _findings(block)


def _folded(group: tuple[Review, ...], *, several: bool) -> Iterator[str]:
    review = group[0]
    of = f" · {_text(review.environment)}" if several else ""
    drawn = picture(review.graph)
    if drawn:
        yield _fold(f"Changed part of the architecture{of}", f"```mermaid\n{drawn}\n```")
    for block in review.blocks:
        if not block.open:
            yield _fold(f"{block.kind.title} ({len(block.findings)}){of}", "\n".join(_findings(block)))
    for start in range(0, len(review.rows), 50):
        some = review.rows[start : start + 50]
        number = f" {start + 1}-{start + len(some)}" if len(review.rows) > 50 else ""
        yield _fold(f"Changes{number}, by construct{of}", "\n".join(_rows(some)))
    commands = [f"- {_text(each.what)}: {_code(each.line)}" for each in review.commands]
    hashes = [f"- Canonical hash of {_text(each.environment)}: {_code(each.hash)}" for each in group]
    yield _fold(f"Reproduce and apply{of}", "\n".join([*commands, *hashes]))


def _fold(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _findings(block: Block) -> Iterator[str]:
    for finding in block.findings:
        yield "\n".join(_finding(finding))


def _finding(finding: Finding) -> Iterator[str]:
    addresses = ", ".join(_code(address) for address in finding.addresses[:MOST_ADDRESSES])
    more = len(finding.addresses) - MOST_ADDRESSES
    others = f" and {more} more" if more > 0 else ""
    construct = f" (construct {_code(finding.path)})" if finding.path else ""
    sign = SIGNS[finding.effective_verdict]
    yield f"- {sign} {addresses}{others}{construct} {_text(finding.title)}".rstrip()
    for sentence in finding.details:
        yield f"  - {_text(sentence)}"
    if finding.paste:
        yield f"\n  ```python\n  {finding.paste}\n  ```"
    if finding.waiver:
        yield f"  - Waived until {finding.waiver.until}: {_text(finding.waiver.reason)}"


def _rows(rows: tuple[Row, ...]) -> Iterator[str]:
    for row in rows:
        found = f", policy: {_text(', '.join(row.policy))}" if row.policy else ""
        action = "move or import" if row.action is Action.NO_OP else row.action
        yield f"- **{_text(row.construct)}** {action} {_code(row.address)}{found}"
        for each in row.attributes:
            forced = " **forces the replacement**" if each.replaces else ""
            before, after = (_code(side or "nothing") for side in (each.before, each.after))
            yield f"  - {_text(each.name)}: {before} → {after}{forced}"


def _sign(verdict: Verdict) -> str:
    return f"{SIGNS[verdict]} {verdict.name}"


def _text(text: str) -> str:
    """The text without effect as markup, HTML or mention (@)."""
    return ESCAPED.sub(r"\\\1", text.replace("\n", " ")).replace("@", "@\u200b")


def _code(text: str) -> str:
    """The text as code on one line; the fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence, pad = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{pad}{text.replace(chr(10), ' ')}{pad}{fence}"
