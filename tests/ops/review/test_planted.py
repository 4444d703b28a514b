"""Reviews of the plans that Terraform made of the planted changes in tests/integration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any

import pytest

from ops.errors import Problem
from ops.review.build import Extras, case_of, review
from ops.review.plan.reading import load, read
from ops.review.plan.secrets import Redactor
from ops.review.renderers import by_suffix as renderers
from ops.review.report import Report, Review
from tests.ops.review.planted import PLANS, Planted, check, planted


def reviewed(case: Planted) -> Review:
    redactor = Redactor(b"key")
    plan = read(load(case.plan), redactor, name="planted", where=case.name, paths={})
    return review(case_of(plan, redactor), Extras(), date(2026, 1, 1))


@pytest.mark.parametrize("case", planted(), ids=lambda case: case.name)
def test_a_planted_change_is_reported_under_its_heading_and_nothing_else_is(case: Planted) -> None:
    check(case, reviewed(case))


def test_there_is_a_plan_for_each_case_and_no_other() -> None:
    assert {path.stem for path in PLANS.iterdir()} == {case.name for case in planted()}
    assert len(planted()) >= 25


def test_no_case_says_what_another_one_says() -> None:
    assert len({case.code() + str(case.outside) for case in planted()}) == len(planted())


@pytest.mark.parametrize("suffix", renderers.MODULES)
def test_every_renderer_tells_all_seven(suffix: str) -> None:
    (seven,) = [case for case in planted() if case.name == "seven-at-once"]
    output = renderers.render(Report((reviewed(seven),)), suffix)
    for found in seven.expect["findings"][:7]:
        address = found.partition(" ")[2]
        assert address in output.replace("\\", "") or json.dumps(address)[1:-1] in output


def junk(random: Random) -> Any:
    return random.choice(
        [None, True, 0, -1, 1.5, "", "text", "{", "[1]", [], {}, [[]], [None], ["a"], {"a": {"b": []}}, "*"]
    )


def places(tree: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, each in inner:
        yield (*at, name)
        yield from places(each, (*at, name))


@pytest.mark.parametrize("seed", range(60))
def test_a_plan_with_anything_anywhere_is_reviewed_or_refused_in_one_sentence(seed: int) -> None:
    """A newer Terraform or provider may write anything: the result is a review or one sentence."""
    random = Random(seed)
    case = random.choice([case for case in planted() if case.plan.stat().st_size < 20_000])
    document = load(case.plan)
    for _ in range(random.choice([1, 2, 5])):
        *way, last = random.choice(list(places(document)))
        tree = document
        for step in way:
            tree = tree[step]
        tree[last] = junk(random)
    redactor = Redactor(b"key")
    try:
        plan = read(document, redactor, name="dev", where=case.name, paths={})
        report = Report((review(case_of(plan, redactor), Extras(), date(2026, 1, 1)),))
        output = [renderers.render(report, suffix) for suffix in renderers.MODULES]
    except Problem as problem:
        output = problem.what.splitlines()
    assert len(output) in (1, len(renderers.MODULES))
    assert all(output)
