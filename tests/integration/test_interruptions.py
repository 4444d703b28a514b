"""An `up` that is killed in the middle: the next one mends what it left."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from tests.integration.conftest import Clone

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("interruptions")]


def _kill_in_the_middle_of_apply(clone: Clone) -> None:
    process = clone.start("up")
    log = clone.folder / ".payctl" / "logs" / "payments-dev-apply.log"
    while not (log.exists() and log.read_text().count('"apply_complete"') > 10):
        assert process.poll() is None, process.communicate()
        time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def test_after_a_killed_up_the_next_one_ends_well(clone: Clone) -> None:
    _kill_in_the_middle_of_apply(clone)
    result = json.loads(clone.run("up", "--json").stdout)
    assert result["payment"]["status"] == "succeeded"
    assert "No changes" in clone.run("plan", "dev", "--local").stdout


def test_an_environment_that_is_not_known_or_not_whole_is_one_sentence(clone: Clone) -> None:
    unknown = clone.run("plan", "No_Such", "--local", code=1)
    assert "No_Such" in unknown.stderr
    assert "Traceback" not in unknown.stderr
    settings = clone.folder / "envs" / "staging.toml"
    settings.write_text("[lambda\n")
    broken = clone.run("synth", "staging", code=1)
    assert "envs/staging.toml" in broken.stderr
    assert "Traceback" not in broken.stderr
