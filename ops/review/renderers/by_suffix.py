"""The renderer of each file suffix."""

import importlib
from pathlib import Path

import click

from ops.errors import Problem
from ops.review.report import Report

MODULES = {
    ".txt": "ops.review.renderers.text",
    ".md": "ops.review.renderers.markdown",
    ".html": "ops.review.renderers.html",
    ".sarif": "ops.review.renderers.sarif",
    ".json": "ops.review.renderers.as_json",
}


def render(report: Report, suffix: str) -> str:
    """Returns the report in the format of a file with this suffix, without colour."""
    return click.unstyle(importlib.import_module(MODULES[suffix]).render(report))


def write(report: Report, path: Path) -> None:
    """Writes the report in the format of the file's suffix."""
    path.write_text(render(report, path.suffix))


def known(path: Path) -> Path:
    """Returns the path. Raises Problem for a suffix without a format."""
    if path.suffix not in MODULES:
        raise Problem(f"{path}: the suffix chooses the format and must be one of {', '.join(MODULES)}.")
    return path
