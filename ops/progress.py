"""Progress of long work: one live line on a terminal, plain lines when piped. Always on stderr.

Standard library only: the packages of `.venv` are installed under it, and `payctl doctor` imports it on any
Python since 3.9.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from typing import Self

STEPS = {"create": 1, "update": 1, "delete": 1, "replace": 2, "forget": 1}
DONE = {"create": "created", "update": "changed", "delete": "destroyed"}
DOING = {"create": "creating", "update": "changing", "delete": "destroying"}
HEARTBEAT_SECONDS = 60  # between plain lines about one resource, so that a CI system sees activity
REDRAW_SECONDS = 0.5


def is_terminal(stream: TextIO) -> bool:
    """Returns whether a stream can redraw a line; TERM=dumb cannot move the cursor."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def coloured(stream: TextIO | None = None) -> bool:
    """Returns whether to print in colour (https://no-color.org)."""
    return is_terminal(stream or sys.stdout) and not os.environ.get("NO_COLOR")


class Waiting:
    """Shows `what`, which may change, and its duration in seconds while the body of a `with` runs."""

    def __init__(self, what: str, *, visible: bool = True) -> None:
        self.what = what
        self._visible = visible
        self._began = time.monotonic()
        self._ended = threading.Event()
        self._live: threading.Thread | None = None

    def text(self) -> str:
        """Returns the line as it is now."""
        return f"{self.what} · {seconds(self._began)}"

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        if self._visible and is_terminal(sys.stderr):
            self._live = threading.Thread(target=self._redraw, daemon=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._ended.set()
            self._live.join()
        if self._visible:
            say(f"{self.text()}" if kind is None else f"{self.text()}, stopped")

    def _redraw(self) -> None:
        while True:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[2K{self.text()[:width]}", end="", file=sys.stderr, flush=True)
            if self._ended.wait(REDRAW_SECONDS):
                print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
                return


class ApplyView(Waiting):
    """Shows the progress of `terraform apply -json` from the lines that it prints.

    https://developer.hashicorp.com/terraform/internals/machine-readable-ui
    """

    def __init__(self) -> None:
        super().__init__("terraform apply")
        self.errors: list[str] = []
        self._total = self._done = 0
        self._running: dict[str, tuple[str, float]] = {}

    def line(self, line: str) -> None:
        """Reads one line; a line that is not JSON (a crash of Terraform) is kept as text of an error."""
        try:
            event = json.loads(line)
            kind = event["type"]
        except (ValueError, LookupError, TypeError):
            self.errors.append(line)
            return
        hook = event.get("hook", {})
        if kind == "planned_change":
            self._total += STEPS.get(event["change"]["action"], 0)
        elif kind == "apply_start" and hook["action"] in DOING:
            self._running[hook["resource"]["addr"]] = (hook["action"], time.monotonic())
        elif kind == "apply_progress":
            if self._live is None and hook["elapsed_seconds"] % HEARTBEAT_SECONDS == 0:
                say(f"  still {DOING.get(hook['action'], hook['action'])} {_duration(hook)}")
        elif kind == "apply_complete" and self._running.pop(hook["resource"]["addr"], None):
            self._done += 1
            if self._live is None:
                say(f"  {self._done}/{self._total} {DONE[hook['action']]} {_duration(hook)}")
        elif kind == "apply_errored":
            self._running.pop(hook["resource"]["addr"], None)
        elif kind == "change_summary" and (imported := event["changes"].get("import")):
            # An import ends before the apply begins: only the summary counts it.
            self.what += f", {imported} imported,"
        elif kind == "diagnostic" and event["diagnostic"]["severity"] == "error":
            found = event["diagnostic"]
            where = f" ({found['address']})" if found.get("address") else ""
            self.errors.append(f"Error: {found['summary']}{where}\n\n{found.get('detail', '')}")

    def text(self) -> str:
        """Returns the count of finished steps and the two operations that take longest."""
        longest = sorted((began, address, action) for address, (action, began) in list(self._running.items()))
        shown = [f"{DOING[action]} {address} {seconds(began)}" for began, address, action in longest[:2]]
        more = [f"and {len(longest) - 2} more"] if len(longest) > 2 else []
        return " · ".join([f"{self.what} {self._done}/{self._total}", seconds(self._began), *shown, *more])


def say(text: str) -> None:
    """Prints one plain line on stderr."""
    print(text, file=sys.stderr, flush=True)


def seconds(began: float) -> str:
    """Returns the time since a moment of time.monotonic()."""
    return f"{time.monotonic() - began:.0f} s"


def _duration(hook: dict[str, Any]) -> str:
    return f"{hook['resource']['addr']} ({hook['elapsed_seconds']} s)"
