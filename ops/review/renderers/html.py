"""The review as one page that needs nothing but itself: https://www.w3.org/TR/CSP3/ holds it to that."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from ops.review.plan.plan import Action
from ops.review.renderers.markup import Child, Markup, element, join
from ops.review.renderers.svg import picture
from ops.review.report import Block, Finding, Report, Review, Row, Verdict

HERE = Path(__file__).parent


def render(report: Report) -> str:
    """The whole page: for each plan the picture, the verdict, what asks for a person, and then the rest."""
    style, script = ((HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    policy = (
        f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    names = ", ".join(review.environment for review in report.reviews)
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{report.verdict.name}: plan of {names}"),
        element("style", Markup(style)),
    )
    body = element(
        "body",
        element("a", "Skip to the first finding", class_="skip", href="#findings-0"),
        element("h1", f"Plan of {names} ", _verdict(report.verdict)),
        _table(report) if len(report.reviews) > 1 else None,
        element("main", *(_section(group, number) for number, group in enumerate(report.groups))),
        element("script", Markup(script)),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en').text}\n"


def _source(text: str) -> str:
    """What a policy allows of inline text: exactly this."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _table(report: Report) -> Markup:
    rows = [
        element(
            "tr",
            element("td", element("a", review.environment, href=f"#plan-{number}")),
            element("td", _verdict(review.verdict)),
            element("td", review.counts.words() or "no changes"),
            element(
                "td", review.headline if review is group[0] else f"as {group[0].environment}", class_="faint"
            ),
        )
        for number, group in enumerate(report.groups)
        for review in group
    ]
    heads = (element("th", text, scope="col") for text in ("environment", "verdict", "changes", "why"))
    return element("table", element("thead", element("tr", *heads)), element("tbody", *rows))


def _section(group: tuple[Review, ...], number: int) -> Markup:
    review = group[0]
    names = ", ".join(each.environment for each in group)
    anchors = {row.address: f"row-{number}-{place}" for place, row in enumerate(review.rows)}
    links = {address: f"#{anchor}" for address, anchor in anchors.items()}
    why = f": {review.headline}" if review.headline else ""
    commands = [
        element("li", each.what, element("pre", element("code", each.line))) for each in review.commands
    ]
    hashes = [
        element("p", f"Canonical hash of {each.environment}: ", element("code", each.hash)) for each in group
    ]
    return element(
        "section",
        element("h2", names, id=f"plan-{number}"),
        picture(review.graph, links, f"Changed part of {names}"),
        element("p", _verdict(review.verdict), f"{why or ' nothing asks for a person'}", class_="summary"),
        element("p", review.counts.words() or "No changes."),
        *(element("p", note, class_="faint") for note in review.notes),
        _filter(review),
        element("div", *map(_block, review.blocks), id=f"findings-{number}", tabindex=-1),
        _rows(review, anchors),
        element(
            "details",
            element("summary", element("h3", "Reproduce and apply")),
            element("ul", *commands),
            *hashes,
        ),
    )


def _filter(review: Review) -> Markup | None:
    """Hidden until the script that makes it work has run."""
    if not review.blocks:
        return None
    boxes = [
        join(
            element(
                "label",
                element("input", type="checkbox", value=block.kind.key, checked=True),
                f" {block.kind.title} ({len(block.findings)})",
            ),
            " ",
        )
        for block in review.blocks
    ]
    buttons = [join(element("button", word, type="button"), " ") for word in ("All", "None")]
    return element(
        "fieldset",
        element("legend", "Show"),
        *boxes,
        *buttons,
        element("output", class_="faint"),
        hidden=True,
    )


def _block(block: Block) -> Markup:
    count = element("span", f"{len(block.findings)}", class_="faint")
    return element(
        "details",
        element("summary", element("h3", block.kind.title), " ", _verdict(block.verdict), count),
        element("ul", *map(_finding, block.findings), class_="findings"),
        open=block.open,
        data_kinds=block.kind.key,
    )


def _finding(finding: Finding) -> Markup:
    told: list[Child] = []
    for address in finding.addresses[:5]:
        told += [element("code", address), " "]
    more = len(finding.addresses) - 5
    waiver = finding.waiver
    return element(
        "li",
        element("p", _verdict(finding.asks), " ", *told, f"and {more} more " if more > 0 else None),
        element("p", finding.title),
        element("p", "Construct ", element("code", finding.path), class_="faint") if finding.path else None,
        element("ul", *(element("li", each) for each in finding.details)) if finding.details else None,
        element("pre", element("code", finding.paste), tabindex=0) if finding.paste else None,
        element("p", f"Waived until {waiver.until}: {waiver.reason}") if waiver else None,
        data_kinds=finding.kind.key,
    )


def _rows(review: Review, anchors: dict[str, str]) -> Markup | None:
    if not review.rows:
        return None
    return element(
        "details",
        element("summary", element("h3", "Changes, by construct"), " ", _faint(f"{len(review.rows)}")),
        *(_row(row, anchors[row.address]) for row in review.rows),
    )


def _row(row: Row, anchor: str) -> Markup:
    action = "move or import" if row.action is Action.NO_OP else str(row.action)
    kinds = " ".join(sorted({finding.kind.key for finding in row.findings}))
    moved = f" from {row.moved_from}" if row.moved_from else ""
    imported = f" imports {row.import_id}" if row.import_id else ""
    heads = (element("th", text, scope="col") for text in ("attribute", "before", "after"))
    attributes = [
        element(
            "tr",
            element("td", each.name, element("span", " forces the replacement", class_="forces"))
            if each.replaces
            else element("td", each.name),
            element("td", element("code", each.before or "nothing"), class_="before"),
            element("td", element("code", each.after or "nothing")),
        )
        for each in row.attributes
    ]
    table = element("table", element("thead", element("tr", *heads)), element("tbody", *attributes))
    return element(
        "details",
        element(
            "summary",
            element("strong", row.construct),
            f" {action}{moved}{imported} ",
            element("code", row.address),
            " ",
            _verdict(row.verdict) if row.verdict > Verdict.SAFE else None,
        ),
        table if attributes else element("p", "No attribute changes.", class_="faint"),
        id=anchor,
        data_kinds=kinds or None,
    )


def _verdict(verdict: Verdict) -> Markup:
    return element("span", verdict.name, class_=f"verdict {verdict.name.lower()}")


def _faint(text: str) -> Markup:
    return element("span", text, class_="faint")
