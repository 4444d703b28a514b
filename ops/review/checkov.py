"""Checkov, run in an environment of its own and without a network, and its output formats."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops import checkout
from ops.errors import Problem
from ops.progress import Waiting
from ops.run import run

FLAGS = ("--framework", "terraform_plan", "--output", "json", "--quiet", "--compact", "--skip-download")
PASSED, FAILED = 0, 1


@dataclass(frozen=True, slots=True, order=True)
class FailedCheck:
    """Represents a check that failed at a resource, by its Terraform address."""

    resource: str
    check: str
    title: str = ""
    guideline: str = ""


def failed(plan: Path) -> list[FailedCheck]:
    """Returns the failed checks of a plan (JSON of `terraform show`), sorted by resource. Raises Problem."""
    python = checkout.python(folder=".venv-policy")
    command: list[str | Path] = [python, "-m", "checkov.main", "--file", plan, *FLAGS]
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("BC_", "CKV_"))}
    # Checkov names files relative to its working folder.
    with Waiting("checkov"):
        done = run(command, cwd=plan.parent, env=variables, capture=True, accept=(PASSED, FAILED))
    try:
        output = json.loads(done.stdout)
        if not all(report["summary"]["resource_count"] for report in _reports(output)):
            raise ValueError("no resource was checked")
        return sorted(parse(output))
    except (ValueError, KeyError, TypeError) as error:
        end = (done.stderr or done.stdout).strip()[-500:]
        raise Problem(f"Checkov's answer cannot be read: {end}", hint="./payctl setup policy") from error


def parse(output: Any) -> Iterator[FailedCheck]:
    """Yields the failed checks of `checkov -o json` or of a baseline (`checkov --create-baseline`).

    Raises AttributeError, KeyError or TypeError for any other JSON.
    """
    for report in _reports(output):
        if "failed_checks" in report:
            for file in report["failed_checks"]:
                for found in file["findings"]:
                    for check in found["check_ids"]:
                        yield FailedCheck(found["resource"], check)
        elif "results" in report:
            for found in report["results"]["failed_checks"]:
                title, guideline = found.get("check_name") or "", found.get("guideline") or ""
                yield FailedCheck(found["resource"], found["check_id"], title, guideline)
        elif "passed" not in report:  # the whole output when there was nothing to check
            raise KeyError("results")


def _reports(output: Any) -> list[Any]:
    return output if isinstance(output, list) else [output]
