"""The renderers: a suffix of a file, and the module whose `render(report)` makes its text."""

from __future__ import annotations

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
    """The report in the format of a file with this suffix, without colour."""
    return click.unstyle(importlib.import_module(MODULES[suffix]).render(report))


def write(report: Report, path: Path) -> None:
    """Write the report in the format that the file's suffix names."""
    path.write_text(render(report, path.suffix))


def known(path: Path) -> Path:
    """The path, if its suffix names a format."""
    if path.suffix not in MODULES:
        raise Problem(f"{path}: the format is chosen by the suffix, one of {', '.join(MODULES)}.")
    return path
