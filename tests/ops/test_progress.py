from __future__ import annotations

import io
import json
import re
from types import SimpleNamespace
from typing import Any

import pytest

from ops import progress
from ops.progress import ApplyView, Waiting, coloured


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    stream = Terminal()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=stream))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    return stream


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that time.monotonic() tells; set it by its only element."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def event(kind: str, address: str = "aws_sqs_queue.a", action: str = "create", **more: Any) -> str:
    hook = {"resource": {"addr": address}, "action": action, "elapsed_seconds": 25}
    return json.dumps({"type": kind, "hook": hook, "change": hook, **more})


@pytest.mark.parametrize(
    ("stream", "variables", "expected"),
    [
        (Terminal(), {"TERM": "xterm"}, True),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_colour_is_for_terminals_whose_person_wants_it(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, variables: dict[str, str], expected: bool
) -> None:
    monkeypatch.setattr("os.environ", variables)
    monkeypatch.setattr("sys.stdout", stream)
    assert coloured() is expected


def test_waiting_is_one_plain_line_when_piped(capsys: pytest.CaptureFixture[str], clock: list[float]) -> None:
    with Waiting("terraform init") as waiting:
        clock[0] = 7.4
        waiting.what = "terraform init, provider"
    assert capsys.readouterr() == ("", "terraform init, provider · 7 s\n")


def test_waiting_that_fails_says_that_it_stopped(
    capsys: pytest.CaptureFixture[str], clock: list[float]
) -> None:
    with pytest.raises(ValueError, match="x"), Waiting("synthesis"):
        raise ValueError("x")
    assert capsys.readouterr().err == "synthesis · 0 s, stopped\n"


def test_waiting_draws_a_line_on_a_terminal_and_leaves_its_last_state(terminal: Terminal) -> None:
    with Waiting("terraform init"):
        pass
    drawn = terminal.getvalue()
    assert re.search(r"terraform init · \d s", drawn)
    assert re.search(r"terraform init · \d s\n\Z", drawn)
    assert "\x1b[2K" in drawn


def test_an_apply_counts_steps_and_shows_the_two_that_wait_longest(
    terminal: Terminal, clock: list[float]
) -> None:
    view = ApplyView()
    for number, action in enumerate(("create", "replace", "delete", "read", "noop")):
        view.line(event("planned_change", f"r.{number}", action))
    for number in range(4):
        clock[0] = float(number)
        view.line(event("apply_start", f"r.{number}"))
    view.line(event("apply_complete", "r.0"))
    clock[0] = 10
    assert view.text() == "terraform apply 1/4 · 10 s · creating r.1 9 s · creating r.2 8 s · and 1 more"


def test_an_apply_is_plain_lines_when_piped(capsys: pytest.CaptureFixture[str], clock: list[float]) -> None:
    with ApplyView() as view:
        view.line(event("planned_change"))
        view.line(event("apply_start"))
        view.line(event("apply_progress").replace("25", "50"))
        view.line(event("apply_progress").replace("25", "60"))
        view.line(event("apply_complete").replace("25", "61"))
    assert capsys.readouterr().err.splitlines() == [
        "  still creating aws_sqs_queue.a (60 s)",
        "  1/1 created aws_sqs_queue.a (61 s)",
        "terraform apply 1/1 · 0 s",
    ]


@pytest.mark.parametrize(
    ("imported", "last"), [(43, "terraform apply, 43 imported, 0/0 · 0 s"), (0, "terraform apply 0/0 · 0 s")]
)
def test_what_was_imported_is_told_at_the_end(imported: int, last: str, clock: list[float]) -> None:
    view = ApplyView()
    view.line(json.dumps({"type": "change_summary", "changes": {"import": imported, "add": 0}}))
    assert view.text() == last


def test_lines_of_single_resources_do_not_disturb_the_terminals_line(terminal: Terminal) -> None:
    with ApplyView() as view:
        for kind in ("planned_change", "apply_start", "apply_progress", "apply_complete"):
            view.line(event(kind).replace("25", "60"))
    assert "still" not in terminal.getvalue()
    assert "created" not in terminal.getvalue()


def test_what_failed_is_no_longer_waited_for(clock: list[float]) -> None:
    view = ApplyView()
    view.line(event("apply_start"))
    view.line(event("apply_errored"))
    assert view.text() == "terraform apply 0/0 · 0 s"


def test_data_sources_are_not_steps(clock: list[float]) -> None:
    view = ApplyView()
    view.line(event("apply_start", "data.aws_region.here", "read"))
    view.line(event("apply_complete", "data.aws_region.here", "read"))
    assert view.text() == "terraform apply 0/0 · 0 s"


def test_errors_are_kept_with_their_address_and_warnings_are_not() -> None:
    view = ApplyView()
    found = {"severity": "error", "summary": "No", "detail": "Because.", "address": "aws_vpc.a"}
    view.line(json.dumps({"type": "diagnostic", "diagnostic": found}))
    view.line(json.dumps({"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "Odd"}}))
    view.line(json.dumps({"type": "diagnostic", "diagnostic": {"severity": "warning", "summary": "W"}}))
    assert view.errors == ["Error: No (aws_vpc.a)\n\nBecause.", "Error: Odd\n\n"]


def test_lines_that_are_not_of_the_stream_are_kept_and_new_kinds_are_passed_over() -> None:
    view = ApplyView()
    view.line("panic: oh")
    view.line('{"type": "of a later version"}')
    view.line("[1]")
    assert view.errors == ["panic: oh", "[1]"]


def test_every_action_that_counts_as_a_step_has_words() -> None:
    assert set(progress.DONE) == set(progress.DOING)
