"""The review as one page that fetches nothing, which its content security policy enforces."""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ops.errors import Problem
from ops.review.renderers.picture import pictures
from ops.review.report import Report

HERE = Path(__file__).parent


def render(report: Report) -> str:
    """Returns the whole page: for each plan the picture, the verdict, the findings, the changes."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = ((HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    try:
        drawn = [Markup(svg) for svg in pictures([group[0] for group in report.groups])]
    except Problem:
        drawn = [Markup("")] * len(report.groups)
    page = environment.get_template("page.html").render(
        report=report,
        pictures=drawn,
        # https://www.w3.org/TR/CSP3/: exactly this style and this script.
        style_source=_source(style),
        script_source=_source(script),
        style=Markup(style),
        script=Markup(script),
    )
    return f"{page}\n"


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
