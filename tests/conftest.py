"""What every test relies on: constructs_lib first, and marks that follow from what a test starts."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

# Before any test imports provider bindings: the package decides how they are loaded.
import constructs_lib  # noqa: F401

HERE = Path(__file__).parent
# Fixtures that start a program; a test that uses one, also through another fixture, is marked `process`.
STARTERS = {"running"}  # the engine of local AWS
# A file whose tests all start a program says so in `pytestmark`, or imports what needs Node to synthesize.
STARTS = re.compile(
    r"^pytestmark = pytest\.mark\.process$"
    r"|^(?:from|import) (?:cdktf|tests\.apps|tests\.browser|tests\.mutation)\b"
    r"|^from tests\.constructs_lib\.conftest import (?!read$)",
    re.MULTILINE,
)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out files of which `-m` selects nothing, without the time to import them."""
    deselected = str(config.getoption("markexpr"))
    if collection_path.suffix != ".py":
        return None
    if "not process" in deselected and collection_path.name.startswith("test_") and starts(collection_path):
        return True
    integration = collection_path.is_relative_to(HERE / "integration")
    return True if "not integration" in deselected and integration else None


@functools.cache
def starts(path: Path) -> bool:
    """Returns whether every test of a file starts a program."""
    return STARTS.search(path.read_text(encoding="utf-8")) is not None


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Marks tests that start a program: `payctl test unit` leaves them to `payctl test`."""
    for item in items:
        if starts(item.path) or STARTERS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.process)
