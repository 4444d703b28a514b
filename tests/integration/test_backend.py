"""The state backend in one checkout: made, repeated, shared by a second environment, used by plain cdktf."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

import pytest

from tests.integration.conftest import Clone

pytestmark = pytest.mark.integration

STATE = "terraform.tfstate"


def _without_payctl(clone: Clone, *words: str) -> str:
    """What a program prints that is started after `eval "$(./payctl env --local)"`; nobody answers it."""
    done = subprocess.run(
        words,
        cwd=clone.folder,
        env=clone.variables(),
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(words)}: {done.returncode}\n{done.stdout}"
    return done.stdout


def _keys(clone: Clone) -> Sequence[str]:
    listed = clone.client("s3").list_objects_v2(Bucket="payments-terraform-state")["Contents"]
    return sorted(entry["Key"] for entry in listed)


def test_a_backend_is_repeated_and_serves_a_second_environment_and_plain_cdktf(clone: Clone) -> None:
    clone.run("backend", "dev", "--local")
    repeated = clone.run("backend", "dev", "--local")
    assert "terraform apply" not in repeated.stderr
    clone.run("backend", "staging", "--local")
    deployed = _without_payctl(clone, "cdktf", "deploy", "payments-staging", "--auto-approve")
    assert "Apply complete!" in deployed
    assert _keys(clone) == [
        "environments/dev/payments-dev.tfstate",
        "environments/staging/payments-staging.tfstate",
        "payments-backend.tfstate",
    ]


def test_a_local_state_that_terraform_moved_and_left_behind_is_no_obstacle(clone: Clone) -> None:
    """As in a checkout whose state was moved by `init -migrate-state`: its lineage is another one there."""
    clone.run("backend", "dev", "--local")
    stack = clone.folder / ".payctl/backend/local/payments-terraform-state/stacks/payments-backend"
    text = (stack / f"{STATE}.moved").read_text()
    lineage = text.partition('"lineage": "')[2].partition('"')[0]
    (stack / STATE).write_text(text.replace(lineage, "0b7f4c1e-0000-0000-0000-000000000000"))
    clone.run("backend", "dev", "--local")
    assert not (stack / STATE).exists()
