"""Keeps pure unit tests from starting Node for the picture in the HTML page."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ops.review.renderers import html
from ops.review.report import Review


def empty_pictures(reviews: Sequence[Review]) -> list[str]:
    return ["<svg></svg>" if review.graph.changed else "" for review in reviews]


@pytest.fixture(autouse=True)
def no_graphviz(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("process") is None:
        monkeypatch.setattr(html, "pictures", empty_pictures)
