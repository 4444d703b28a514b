"""A local AWS of the tests' own, and targets in it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from constructs_lib.settings.schema import Environment
from ops.checkout import ROOT, python
from ops.local import engine
from ops.target import LOCAL_ACCOUNT, Target


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[engine.Running]:
    """A living engine, ended with the tests."""
    folder = tmp_path_factory.mktemp("local aws")
    yield engine.start(folder, python=python(ROOT, ".venv-emulator"))
    engine.stop(folder)


@pytest.fixture
def target(running: engine.Running) -> Target:
    """Environment `dev` in it."""
    return Target(
        environment=Environment(name="dev"),
        variables={**os.environ, **engine.environment(running, LOCAL_ACCOUNT)},
        local=True,
    )
