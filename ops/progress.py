"""What long work shows: one live line on a terminal, plain lines when piped. Always on stderr."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TextIO

STEPS = {"create": 1, "update": 1, "delete": 1, "replace": 2, "forget": 1}
DONE = {"create": "created", "update": "changed", "delete": "destroyed"}
DOING = {"create": "creating", "update": "changing", "delete": "destroying"}
HEARTBEAT = 60  # seconds between plain lines about one resource, so that a CI system sees life


def is_terminal(stream: TextIO) -> bool:
    """Whether a person watches; TERM=dumb cannot move the cursor."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def coloured(stream: TextIO | None = None) -> bool:
    """Whether colour is welcome (https://no-color.org)."""
    return is_terminal(stream or sys.stdout) and not os.environ.get("NO_COLOR")


class Waiting:
    """`what` and the seconds it takes so far, while the body runs; `note` changes the words."""

    def __init__(self, what: str, *, visible: bool = True) -> None:
        self.what = what
        self._visible = visible
        self._began = time.monotonic()
        self._live: _Line | None = None

    def note(self, what: str) -> None:
        self.what = what

    def text(self) -> str:
        return f"{self.what} · {seconds(self._began)}"

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        if self._visible and is_terminal(sys.stderr):
            self._live = _Line(self.text)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
        if self._visible:
            say(f"{self.text()}" if kind is None else f"{self.text()}, stopped")


class ApplyView(Waiting):
    """Reads the lines of `terraform apply -json` and shows how far it is.

    https://developer.hashicorp.com/terraform/internals/machine-readable-ui
    """

    def __init__(self) -> None:
        super().__init__("terraform apply")
        self.errors: list[str] = []
        self._total = self._done = 0
        self._running: dict[str, tuple[str, float]] = {}
        self._known: dict[str, Callable[[dict[str, Any]], None]] = {
            "planned_change": self._planned,
            "apply_start": self._begun,
            "apply_progress": self._alive,
            "apply_complete": self._ended,
            "apply_errored": self._failed,
            "change_summary": self._summed,
            "diagnostic": self._diagnosed,
        }

    def line(self, line: str) -> None:
        """Take one line of the stream; what is not of it (a crash of Terraform) counts as an error's text."""
        try:
            event = json.loads(line)
            kind = event["type"]
        except (ValueError, LookupError, TypeError):
            self.errors.append(line)
            return
        if kind in self._known:
            self._known[kind](event)

    def text(self) -> str:
        longest = sorted((began, address, action) for address, (action, began) in self._running.items())
        shown = [f"{DOING[action]} {address} {seconds(began)}" for began, address, action in longest[:2]]
        more = [f"and {len(longest) - 2} more"] if len(longest) > 2 else []
        return " · ".join([f"{self.what} {self._done}/{self._total}", seconds(self._began), *shown, *more])

    def _planned(self, event: dict[str, Any]) -> None:
        self._total += STEPS.get(event["change"]["action"], 0)

    def _begun(self, event: dict[str, Any]) -> None:
        hook = event["hook"]
        if hook["action"] in DOING:
            self._running[hook["resource"]["addr"]] = (hook["action"], time.monotonic())

    def _alive(self, event: dict[str, Any]) -> None:
        hook = event["hook"]
        if self._live is None and hook["elapsed_seconds"] % HEARTBEAT == 0:
            say(f"  still {DOING.get(hook['action'], hook['action'])} {_taken(hook)}")

    def _ended(self, event: dict[str, Any]) -> None:
        hook = event["hook"]
        if self._running.pop(hook["resource"]["addr"], None) is not None:
            self._done += 1
            if self._live is None:
                say(f"  {self._done}/{self._total} {DONE[hook['action']]} {_taken(hook)}")

    def _failed(self, event: dict[str, Any]) -> None:
        self._running.pop(event["hook"]["resource"]["addr"], None)

    def _summed(self, event: dict[str, Any]) -> None:
        # An import is over before the apply begins: only the end tells of it.
        if imported := event["changes"].get("import"):
            self.note(f"{self.what}, {imported} imported,")

    def _diagnosed(self, event: dict[str, Any]) -> None:
        found = event["diagnostic"]
        if found["severity"] == "error":
            where = f" ({found['address']})" if found.get("address") else ""
            self.errors.append(f"Error: {found['summary']}{where}\n\n{found.get('detail', '')}")


def say(text: str) -> None:
    """One plain line for a person."""
    print(text, file=sys.stderr, flush=True)


def seconds(began: float) -> str:
    """Time since a moment of time.monotonic()."""
    return f"{time.monotonic() - began:.0f} s"


def _taken(hook: dict[str, Any]) -> str:
    return f"{hook['resource']['addr']} ({hook['elapsed_seconds']} s)"


class _Line:
    """One line that redraws itself twice a second and leaves nothing behind."""

    def __init__(self, text: Callable[[], str]) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        self._live = Live(
            get_renderable=lambda: Text(text(), no_wrap=True, overflow="ellipsis"),
            console=Console(file=sys.stderr),
            redirect_stdout=False,  # a program may read it
            refresh_per_second=2,
            transient=True,
        )

    def start(self) -> None:
        self._live.start()

    def stop(self) -> None:
        self._live.stop()
