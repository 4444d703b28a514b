from typing import Any

import pytest

from constructs_lib.module_export.parameterize import ParameterizeError, Placeholder, parameterize

NAME = Placeholder("var.name", "namedone", "namedtwo")
SIZE = Placeholder("var.size", 512, 1024)
FLAG = Placeholder("var.flag", False, True)
LEVEL = Placeholder("var.level", "LOUD", "SILENT")
MADE_OF_IT = Placeholder("var.loud ? 1 : 2", "LOUD", "QUIET")
ALL = [NAME, SIZE, FLAG, LEVEL, MADE_OF_IT]


def made(one: Any, two: Any) -> Any:
    return parameterize({"at": one}, {"at": two}, ALL)["at"]


@pytest.mark.parametrize("same", ["text", 7, True, None, ["a", {"b": 1.5}], "${aws_x.y.arn}", "namedone"])
def test_what_is_the_same_in_both_depends_on_nothing(same: Any) -> None:
    assert made(same, same) == same


@pytest.mark.parametrize(
    ("one", "two", "expression"),
    [
        (512, 1024, "${var.size}"),
        (False, True, "${var.flag}"),
        ("512", "1024", "${var.size}"),
        ("namedone", "namedtwo", "${var.name}"),
        ("payments-namedone-queue", "payments-namedtwo-queue", "payments-${var.name}-queue"),
        ("at most 512 MB", "at most 1024 MB", "at most ${var.size} MB"),
        ("LOUD", "QUIET", "${var.loud ? 1 : 2}"),
        (["a", 512], ["a", 1024], ["a", "${var.size}"]),
    ],
)
def test_the_values_of_a_variable_become_its_expression(one: Any, two: Any, expression: Any) -> None:
    assert made(one, two) == expression


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ('${jsonencode({"size" = N})}', '${jsonencode({"size" = var.size})}'),
        ('${jsonencode({"a" = "x-T"})}', '${jsonencode({"a" = "x-${var.name}"})}'),
        ('${f("a ${g("T")} N")} N', '${f("a ${g("${var.name}")} ${var.size}")} ${var.size}'),
        (
            '${jsonencode({"a" = "say \\"T\\"", "n" = N})}',
            '${jsonencode({"a" = "say \\"${var.name}\\"", "n" = var.size})}',
        ),
        ('{"plain": "T"}', '{"plain": "${var.name}"}'),
        ("$${left} T", "$${left} ${var.name}"),
    ],
)
def test_an_expression_is_bare_inside_of_another_and_interpolated_in_a_text(
    text: str, expression: str
) -> None:
    one, two = (
        text.replace("T", name).replace("N", size)
        for name, size in (("namedone", "512"), ("namedtwo", "1024"))
    )
    assert made(one, two) == expression


def test_a_dollar_before_a_variable_stays_a_dollar() -> None:
    assert made("user:Environment$namedone", "user:Environment$namedtwo") == (
        'user:Environment${"$"}${var.name}'
    )


def test_of_two_texts_the_longer_one_is_meant() -> None:
    longer = Placeholder("var.longer", "namedone-more", "namedtwo-more")
    both = parameterize(["namedone-more", "namedone"], ["namedtwo-more", "namedtwo"], [NAME, longer])
    assert both == ["${var.longer}", "${var.name}"]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (0.5, 1),
        (256, 512),
        ("0.512", "0.1024"),
        ("a 512", "a 1024 b"),
        ("namedone", "other"),
        ("a", 1),
        (1, True),
        (["a"], ["a", "b"]),
        ({"a": 1}, {"b": 1}),
        (None, "namedtwo"),
    ],
)
def test_what_was_computed_from_a_setting_is_refused_with_its_place(one: Any, two: Any) -> None:
    with pytest.raises(ParameterizeError) as error:
        made(one, two)
    assert error.value.problems == (f"at: {one!r} and {two!r}",)


def test_all_such_places_are_told_at_once() -> None:
    with pytest.raises(ParameterizeError) as error:
        parameterize({"a": {"b": [1, 2]}}, {"a": {"b": [3, 4]}}, ALL)
    assert error.value.problems == ("a.b[0]: 1 and 3", "a.b[1]: 2 and 4")
    assert str(error.value) == "a.b[0]: 1 and 3\na.b[1]: 2 and 4"


def test_a_required_expression_that_replaces_nothing_is_refused() -> None:
    unused = Placeholder("var.size * 800", 800, 1600, required=True)
    with pytest.raises(ParameterizeError) as error:
        parameterize({"at": 1}, {"at": 1}, [unused])
    assert error.value.problems == ("var.size * 800: replaces no value; remove its entry",)
