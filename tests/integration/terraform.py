"""Plain Terraform in a folder, as a team runs it that knows nothing of payctl."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

APPLIED = re.compile(r"Resources: (\d+) added, (\d+) changed, (\d+) destroyed")


@dataclass(frozen=True, slots=True)
class Root:
    """A root module; `given` are its variables."""

    folder: Path
    variables: Mapping[str, str]

    def run(self, *words: str, given: Mapping[str, Any] | None = None, accept: Sequence[int] = (0,)) -> str:
        """Run `terraform …` and return what it prints; the exit code has to be accepted."""
        values = [
            f"-var={name}={value if isinstance(value, str) else json.dumps(value)}"
            for name, value in (given or {}).items()
        ]
        done = subprocess.run(
            ["terraform", *words, *values],
            cwd=self.folder,
            env={**self.variables, "TF_CLI_ARGS": "-no-color"},
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert done.returncode in accept, f"terraform {' '.join(words)}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def apply(self, **given: Any) -> tuple[int, ...]:
        """How many resources were added, changed and destroyed."""
        said = self.run("apply", "-input=false", "-auto-approve", "-parallelism=60", given=given)
        counted = APPLIED.search(said)
        assert counted, said
        return tuple(map(int, counted.groups()))

    def destroy(self, **given: Any) -> None:
        """Nothing is left in its state."""
        self.run("destroy", "-input=false", "-auto-approve", "-parallelism=60", given=given)
        assert self.run("state", "list") == ""

    def changes(self, **given: Any) -> str:
        """What a plan would change; nothing where it is empty."""
        words = ("plan", "-input=false", "-detailed-exitcode", "-parallelism=60", "-refresh=true")
        said = self.run(*words, given=given, accept=(0, 2))
        return "" if "No changes." in said else said

    def outputs(self) -> dict[str, Any]:
        said = json.loads(self.run("output", "-json"))
        return {name: it["value"] for name, it in said.items()}
