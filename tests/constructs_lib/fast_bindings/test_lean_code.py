from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue

from constructs_lib.fast_bindings.lean_code import LeanLoader

SOURCE = '''
"""Documented."""

def function(value: NotDefined = 1):
    """Documented, too."""
    if __debug__:
        raise AssertionError("checked")
    assert False
    return value
'''


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns the cache folder of code."""
    monkeypatch.setenv("PAYCTL_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "code"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "some_module.py"
    path.write_text(SOURCE)
    return path


def load(path: Path) -> Any:
    module = ModuleType("some_module")
    LeanLoader("some_module", str(path)).exec_module(module)
    return module


def change(path: Path, number: int) -> None:
    path.write_text(SOURCE.replace("value: NotDefined = 1", f"value: NotDefined = {number}"))
    os.utime(path, ns=(number, number))


def test_docstrings_annotations_asserts_and_checks_are_left_out(source: Path) -> None:
    module = load(source)
    assert module.__doc__ is None
    assert module.function.__doc__ is None
    assert module.function.__annotations__ == {"value": "NotDefined"}
    assert module.function() == 1


def test_code_is_compiled_once(source: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(source)
    monkeypatch.setattr(LeanLoader, "get_data", lambda *_: pytest.fail("read again"))
    assert load(source).function(2) == 2
    assert len(list(folder.iterdir())) == 1


def test_a_changed_module_is_compiled_anew(source: Path) -> None:
    for number in (2, 3):
        change(source, number)
        assert load(source).function() == number


@pytest.mark.parametrize(
    ("wrong", "key"),
    [({"delay_seconds": "x"}, "delaySeconds"), ({"name": 5}, "name"), ({"tags": ["a"]}, "tags")],
)
def test_an_argument_of_a_wrong_type_is_refused_by_jsii_itself(wrong: dict[str, Any], key: str) -> None:
    stack = TerraformStack(App(), "stack")
    with pytest.raises(RuntimeError, match=f"Key '{key}': Unable to deserialize"):
        SqsQueue(stack, "Queue", **wrong)
