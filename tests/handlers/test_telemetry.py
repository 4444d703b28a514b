import json

import pytest

from payments.telemetry import Log
from tests.handlers.support import Time


@pytest.mark.parametrize(("level", "count"), [("DEBUG", 2), ("INFO", 2), ("WARN", 1), ("ERROR", 1)])
def test_a_level_leaves_out_what_is_below_it(level: str, count: int) -> None:
    lines: list[str] = []
    log = Log(level, write=lines.append)
    log.info("one")
    log.error("two")
    assert len(lines) == count


def test_a_line_is_one_json_object_with_the_members_of_lambdas_filter() -> None:
    lines: list[str] = []
    Log("INFO", Time(), lines.append).info("hello", payment="pay_q", merchant="")
    assert [json.loads(line) for line in lines] == [
        {
            "timestamp": "2026-03-01T12:00:00.123Z",
            "level": "INFO",
            "message": "hello",
            "payment": "pay_q",
        }
    ]


def test_an_exception_is_its_type_and_places_without_its_text() -> None:
    lines: list[str] = []
    try:
        raise ValueError("secret")
    except ValueError as error:
        Log(write=lines.append).error("broke", error)
    line = json.loads(lines[0])
    assert line["error"] == "ValueError"
    assert line["at"][-1].startswith(__file__)
    assert "secret" not in lines[0]


def test_lines_go_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    Log().info("hello")
    assert json.loads(capsys.readouterr().out)["message"] == "hello"
