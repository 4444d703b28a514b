"""TOML into dataclasses: values that are read, and the error for each mistake."""

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constructs_lib.settings.reader import (
    Flag,
    ListOf,
    OneOf,
    PrivateBlock,
    Reader,
    Rule,
    Seconds,
    Text,
    WholeNumber,
    parse,
)


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True)
class Inner:
    low: Annotated[int, WholeNumber(0, 9)] = 1
    high: Annotated[int, WholeNumber(0, 9)] = 2


@dataclass(frozen=True)
class Outer:
    name: str
    flag: Annotated[bool, Flag()] = False
    wait: Annotated[timedelta, Seconds(1, 60)] = timedelta(seconds=5)
    days: Annotated[int, OneOf((1, 7, 30))] = 7
    colour: Annotated[Colour, OneOf(Colour)] = Colour.RED
    code: Annotated[str | None, Text("[0-9]{3}", "a string of 3 digits")] = None
    blocks: Annotated[tuple[IPv4Network, ...], ListOf(PrivateBlock(16, 28))] = ()
    lambda_: Inner = Inner()


RULES = [
    Rule[Outer](
        ("lambda_.low", "lambda_.high"), "must be low <= high", lambda it: it.lambda_.low <= it.lambda_.high
    )
]


def read(values: dict[str, object]) -> tuple[Outer, list[str]]:
    reader = Reader()
    outer = reader.table(Outer, values, name="given")
    reader.check(outer, RULES)
    return outer, reader.problems


def problems(text: str) -> list[str]:
    return read(tomllib.loads(text))[1]


def test_what_is_read_has_the_types_that_are_declared() -> None:
    text = """
        flag = true
        wait = 60
        days = 30
        colour = "green"
        code = "007"
        blocks = ["10.0.0.0/16", "192.168.1.0/28"]
        lambda = {low = 0, high = 9}
        """
    assert read(tomllib.loads(text)) == (
        Outer(
            name="given",
            flag=True,
            wait=timedelta(minutes=1),
            days=30,
            colour=Colour.GREEN,
            code="007",
            blocks=(IPv4Network("10.0.0.0/16"), IPv4Network("192.168.1.0/28")),
            lambda_=Inner(low=0, high=9),
        ),
        [],
    )
    assert isinstance(read({"colour": "green"})[0].colour, Colour)


def test_what_is_not_said_has_its_default() -> None:
    assert read({}) == (Outer(name="given"), [])
    assert read({"lambda": {"high": 3}})[0].lambda_ == Inner(low=1, high=3)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("flags = true", "flags = true: unknown; did you mean flag?"),
        ("lambda.hihg = 4", "lambda.hihg = 4: unknown; did you mean lambda.high?"),
        ("lambda_.low = 4", 'lambda_ = {"low": 4}: unknown; did you mean lambda?'),
        ("lambda.size = 1", "lambda.size = 1: unknown; must be one of low, high"),
        ('lambda."a\\nb" = 1', 'lambda."a\\nb" = 1: unknown; must be one of low, high'),
        ("x = 1", "x = 1: unknown; must be one of flag, wait, days, colour, code, blocks, lambda"),
    ],
)
def test_an_unknown_key_is_told_what_is_known(text: str, problem: str) -> None:
    assert problems(text) == [problem]


def test_what_the_program_gives_no_file_can_set() -> None:
    outer, problems = read({"name": "mine"})
    assert outer.name == "given"
    assert problems[0].startswith('name = "mine": unknown')


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("lambda = 5", "lambda = 5: must be a table"),
        ("[[lambda]]\nlow = 1", 'lambda = [{"low": 1}]: must be a table'),
        ("flag = 1", "flag = 1: must be true or false"),
        ('flag = "true"', 'flag = "true": must be true or false'),
        ("lambda.low = 10", "lambda.low = 10: must be 0 to 9"),
        ("lambda.low = -1", "lambda.low = -1: must be 0 to 9"),
        ("lambda.low = true", "lambda.low = true: must be a whole number, 0 to 9"),
        ("lambda.low = 1.0", "lambda.low = 1.0: must be a whole number, 0 to 9"),
        ('lambda.low = "1"', 'lambda.low = "1": must be a whole number, 0 to 9'),
        ("lambda.low = 2020-01-01", 'lambda.low = "2020-01-01": must be a whole number, 0 to 9'),
        ("wait = 0", "wait = 0: must be 1 to 60"),
        ("wait = 61", "wait = 61: must be 1 to 60"),
        ("wait = 1.5", "wait = 1.5: must be a whole number, 1 to 60"),
        ("days = 8", "days = 8: must be one of 1, 7, 30"),
        ("days = true", "days = true: must be one of 1, 7, 30"),
        ("days = 7.0", "days = 7.0: must be one of 1, 7, 30"),
        ('days = "7"', 'days = "7": must be one of 1, 7, 30'),
        ('colour = "RED"', 'colour = "RED": must be one of red, green'),
        ("colour = 1", "colour = 1: must be one of red, green"),
        ("code = 123", "code = 123: must be a string of 3 digits"),
        ('code = "12"', 'code = "12": must be a string of 3 digits'),
        ('code = "123\\n"', 'code = "123\\n": must be a string of 3 digits'),
        ("blocks = 1", "blocks = 1: must be a list"),
        ('blocks = ["10.0.0.0/16", 7]', 'blocks = ["10.0.0.0/16", 7]: item 2 must be an IPv4 block such as '
         '"10.0.0.0/16"'),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_what_is_allowed(text: str, problem: str) -> None:
    assert problems(text) == [problem]


@pytest.mark.parametrize(
    ("block", "allowed"),
    [
        ("10.0.0.1/16", 'must have no host bits, as in "10.0.0.0/16"'),
        ("10.0.0.0/255.255.0.0", 'must have no host bits, as in "10.0.0.0/16"'),
        ("10.0.0.0/15", "must be /16 to /28"),
        ("10.0.0.0/29", "must be /16 to /28"),
        ("10.0.0.0", "must be /16 to /28"),
        ("8.8.0.0/16", "must be in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16"),
        ("172.32.0.0/16", "must be in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16"),
        ("fd00::/16", 'must be an IPv4 block such as "10.0.0.0/16"'),
        ("ten", 'must be an IPv4 block such as "10.0.0.0/16"'),
        (167772160, 'must be an IPv4 block such as "10.0.0.0/16"'),
    ],
)
def test_a_block_is_private_and_says_where_it_begins(block: object, allowed: str) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        PrivateBlock(16, 28).read(block)
    assert str(caught.value) == allowed


def test_a_long_value_is_cut() -> None:
    (problem,) = problems(f'code = "{"1" * 1000}"')
    assert problem == f'code = "{"1" * 98}…: must be a string of 3 digits'


def test_all_problems_come_at_once_and_in_the_files_order() -> None:
    assert problems('lambda = {low = 9}\nwait = 0\nflag = "no"\nx = 1') == [
        "wait = 0: must be 1 to 60",
        'flag = "no": must be true or false',
        "x = 1: unknown; must be one of flag, wait, days, colour, code, blocks, lambda",
        "lambda.low = 9, lambda.high = 2: must be low <= high",
    ]


@pytest.mark.parametrize(
    "text", ["lambda = {low = 5, high = 10}", "lambda = {low = 5, hihg = 6}", "lambda = 1"]
)
def test_no_rule_is_asked_about_a_value_that_could_not_be_read(text: str) -> None:
    assert len(problems(text)) == 1


VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)
KEYS = st.sampled_from(["flag", "wait", "days", "colour", "code", "blocks", "lambda"])


@settings(deadline=None, max_examples=30)
@given(values=st.dictionaries(KEYS | st.text(), VALUES, max_size=4))
def test_no_value_gives_anything_but_settings_and_problems_of_one_line(values: dict[str, object]) -> None:
    outer, problems = read(values)
    assert isinstance(outer, Outer)
    assert not any("\n" in problem for problem in problems)


# Files


def reason(tmp_path: Path, content: bytes) -> str:
    file = tmp_path / "dev.toml"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"^not ") as caught:
        parse(file)
    return str(caught.value)


def test_a_file_is_parsed(tmp_path: Path) -> None:
    file = tmp_path / "dev.toml"
    file.write_text('[a]\nb = "ä"', encoding="utf-8")
    assert parse(file) == {"a": {"b": "ä"}}


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"a = 1\nb = = 2\n", "(at line 2, column 5)"),
        (b"[lambda]\nlow =", "(at line 2, column 6, the end of the file)"),
        (b"a = " + b"9" * 5000, "4300 digits"),
    ],
)
def test_what_is_no_toml_is_told_with_its_place(tmp_path: Path, content: bytes, where: str) -> None:
    problem = reason(tmp_path, content)
    assert problem.startswith("not TOML: ")
    assert where in problem


def test_bottomless_nesting_is_no_toml(tmp_path: Path) -> None:
    assert reason(tmp_path, b"a = " + b"[" * 100_000) == "not TOML: nested too deeply"


def test_another_encoding_is_told_with_its_place(tmp_path: Path) -> None:
    assert reason(tmp_path, b"flag = true\n# \xe4\n") == "not UTF-8: byte 0xe4 in line 2"


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^cannot be read: Is a directory$"):
        parse(tmp_path)
    with pytest.raises(ValueError, match=r"^cannot be read: No such file or directory$"):
        parse(tmp_path / "gone.toml")
