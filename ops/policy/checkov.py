"""Ask Checkov, which runs in an environment of its own and without a network."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
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
class Finding:
    """A check that failed on a resource, by its Terraform address."""

    resource: str
    check: str
    title: str


def failed(plan: Path) -> list[Finding]:
    """What fails in a plan (JSON of `terraform show`), in order of resources."""
    command: list[str | Path] = [checkout.policy_python(), "-m", "checkov.main", "--file", plan, *FLAGS]
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("BC_", "CKV_"))}
    # Checkov knows where things lie under the folder that it stands in.
    with Waiting("checkov"):
        done = run(command, cwd=plan.parent, env=variables, capture=True, accept=(PASSED, FAILED))
    try:
        return sorted(_findings(json.loads(done.stdout)))
    except (ValueError, KeyError, TypeError) as error:
        said = (done.stderr or done.stdout).strip()[-500:]
        raise Problem(f"Checkov's answer cannot be read: {said}", hint="./payctl setup policy") from error


def _findings(said: Any) -> Iterable[Finding]:
    for report in said if isinstance(said, list) else [said]:
        if not report["summary"]["resource_count"]:
            raise ValueError("no resource was looked at")
        for each in report["results"]["failed_checks"]:
            yield Finding(each["resource"], each["check_id"], each["check_name"])
