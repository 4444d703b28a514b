"""What every test relies on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

# Before any test imports provider bindings: the package decides how they are loaded.
import constructs_lib  # noqa: F401

HERE = Path(__file__).parent
# Tests that start something: Node for constructs, the emulator, a browser, a shell, another Python.
STARTING = (
    "constructs_lib/",
    "handlers/test_entry_points.py",
    "handlers/test_model.py",
    "ops/benchmarks/test_bench.py",
    "ops/benchmarks/test_cold_start.py",
    "ops/cost/test_bill.py",
    "ops/deployment/test_module.py",
    "ops/estate/",
    "ops/local/",
    "ops/review/test_knowledge.py",
    "ops/review/test_page_in_browser.py",
    "ops/review/test_picture.py",
    "ops/test_api_docs_in_browser.py",
    "ops/terraform/test_backend.py",
    "ops/test_payctl.py",
    "ops/test_run.py",
    "test_workflows.py",
)
# What of those folders is Python alone.
ALONE = (
    "constructs_lib/aws/test_packaging.py",
    "constructs_lib/aws/test_user_data.py",
    "constructs_lib/fast_bindings/test_jsii_assembly.py",
    "constructs_lib/module_export/test_parameterize.py",
    "constructs_lib/module_export/test_hcl.py",
    "constructs_lib/settings/",
    "constructs_lib/test_cache.py",
)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not import what `-m` leaves out whole: a third of the time of all unit tests."""
    unwanted = str(config.getoption("markexpr"))
    place = collection_path.relative_to(HERE).as_posix()
    if collection_path.suffix != ".py" or not place:
        return None
    if "not process" in unwanted and starts_a_process(place):
        return True
    return True if "not integration" in unwanted and place.startswith("integration/") else None


def starts_a_process(place: str) -> bool:
    """Whether tests of the file at `place`, relative to this folder, start something."""
    return place.startswith(STARTING) and not place.startswith(ALONE)


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark what starts a process, which `payctl test unit` leaves to `payctl test`."""
    for item in items:
        if starts_a_process(item.path.relative_to(HERE).as_posix()):
            item.add_marker(pytest.mark.process)
