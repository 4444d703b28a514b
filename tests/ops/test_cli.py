from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from ops import cli
from ops.checkout import ROOT
from ops.errors import BUG, NEEDS_PERSON, Problem, Terminated


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("ops.checkout.logs_folder", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Any]], None]:
    """Replace what `payctl doctor` runs."""
    return lambda function: monkeypatch.setattr("ops.setup.doctor.doctor", function)


def raising(error: BaseException) -> Callable[..., Any]:
    def function(**_: Any) -> None:
        raise error

    return function


def commands(group: click.Group, path: str = "") -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for name, command in group.commands.items():
        inner = commands(command, f"{path}{name} ") if isinstance(command, click.Group) else []
        found += [(f"{path}{name}", command), *inner]
    return found


def test_help_lists_the_commands_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    printed = capsys.readouterr().out
    assert "doctor" in printed
    assert "...\n" not in printed.partition("Commands:")[2]
    assert "130  interrupted" in printed


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == NEEDS_PERSON
    assert "Usage: payctl" in capsys.readouterr().err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"payctl, version {cli.VERSION}\n"


@pytest.mark.parametrize(("name", "command"), commands(cli.cli))
def test_the_function_of_a_command_takes_its_parameters(name: str, command: click.Command) -> None:
    if isinstance(command, cli.Command):
        parameters = {str(it.name): None for it in command.params}
        inspect.signature(command.function()).bind(**parameters)


@pytest.mark.parametrize(("name", "command"), commands(cli.cli))
def test_every_command_has_a_help_with_an_example(
    name: str, command: click.Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*name.split(), "--help"]) == 0
    printed = capsys.readouterr().out
    if not isinstance(command, click.Group):
        assert "Examples:" in printed
        assert f"payctl {name.removesuffix(' create')}" in printed.partition("Examples:")[2].replace("$(", "")


def test_the_exit_code_is_what_the_command_returns(doctor: Callable[..., None]) -> None:
    doctor(lambda as_json: 2 if as_json else 0)
    assert cli.main(["doctor", "--json"]) == 2
    assert cli.main(["doctor"]) == 0


def test_a_wrong_use_is_reported_with_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--wrong"]) == NEEDS_PERSON
    assert "Usage: payctl doctor" in capsys.readouterr().err


def test_a_problem_is_a_sentence_and_a_hint_without_a_traceback(
    doctor: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    doctor(raising(Problem("It broke.", hint="Repair it.", code=7)))
    assert cli.main(["doctor"]) == 7
    assert capsys.readouterr() == ("", "It broke.\nRepair it.\n")


def test_a_problem_without_a_hint_is_one_line(
    doctor: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    doctor(raising(Problem("It broke.")))
    assert cli.main(["doctor"]) == 1
    assert capsys.readouterr().err == "It broke.\n"


def test_a_problem_reads_as_both_of_its_lines() -> None:
    assert str(Problem("What.", hint="Do.")) == "What.\nDo."
    assert str(Problem("What.")) == "What."


def test_a_bug_is_reported_in_a_file(
    doctor: Callable[..., None], capsys: pytest.CaptureFixture[str], logs: Path
) -> None:
    doctor(raising(KeyError("oops")))
    assert cli.main(["doctor"]) == BUG
    assert capsys.readouterr().err == (
        f"This is a bug of payctl: KeyError: 'oops'\nDetails: {logs / 'bug.log'}\n"
    )
    assert "Traceback" in (logs / "bug.log").read_text()


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), 130), (click.Abort(), 130), (Terminated(), 143)]
)
def test_an_interruption_is_one_word(
    doctor: Callable[..., None], capsys: pytest.CaptureFixture[str], error: BaseException, code: int
) -> None:
    doctor(raising(error))
    assert cli.main(["doctor"]) == code
    assert capsys.readouterr().err.strip() == "Interrupted."


def test_a_reader_that_leaves_early_gets_no_traceback() -> None:
    code = "import sys; from ops.cli import main; sys.exit(main(['--help']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait() == 1


def test_setup_prints_what_is_prepared(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["setup", "tests", "emulator"]) == 0
    assert cli.main(["setup"]) == 0
    assert capsys.readouterr().out == "Prepared: tests, emulator\nPrepared: everything\n"


def test_pins_are_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[bool] = []
    monkeypatch.setattr("ops.setup.pins.pins", lambda *, upgrade: printed.append(upgrade))
    assert cli.main(["pins", "--upgrade"]) == 0
    assert printed == [True]


@pytest.mark.parametrize(
    ("words", "runs", "expected"),
    [
        ("up --env prod --json", "ops.deployment.up.up", {"name": "prod", "as_json": True}),
        ("down", "ops.deployment.local.down", {}),
        ("local status", "ops.deployment.local.status", {"as_json": False}),
        ("local stop", "ops.deployment.local.down", {}),
        ("local logs", "ops.deployment.local.logs", {}),
        ("plan dev", "ops.deployment.deploy.plan", {"name": "dev", "local": False, "out": None}),
        (
            "deploy dev --yes",
            "ops.deployment.deploy.deploy",
            {"name": "dev", "local": False, "yes": True},
        ),
        (
            "destroy dev --local",
            "ops.deployment.deploy.destroy",
            {"name": "dev", "local": True, "yes": False},
        ),
        ("backend dev", "ops.terraform.backend.create", {"name": "dev", "local": False}),
        ("backend --local dev", "ops.terraform.backend.create", {"name": "dev", "local": True}),
        ("backend create dev", "ops.terraform.backend.create", {"name": "dev", "local": False}),
        (
            "backend unlock dev --yes",
            "ops.terraform.backend.unlock",
            {"name": "dev", "local": False, "yes": True},
        ),
        (
            "dlq list dev --queue webhooks",
            "ops.operation.dead_letters.show",
            {"name": "dev", "queue": "webhooks", "local": False, "as_json": False},
        ),
        (
            "dlq redrive dev --json",
            "ops.operation.dead_letters.redrive",
            {"name": "dev", "queue": None, "local": False, "as_json": True},
        ),
        (
            "ledger verify dev",
            "ops.operation.ledger.verify",
            {"name": "dev", "local": False, "as_json": False},
        ),
        ("ci drift dev", "ops.ci.command.drift", {"name": "dev", "local": False}),
        (
            "ci apply-approved dev --approved 0a",
            "ops.ci.command.apply_approved",
            {"name": "dev", "approved": "0a", "local": False},
        ),
        (
            "keys create dev --merchant acme --scope payments:read",
            "ops.operation.keys.create",
            {
                "name": "dev",
                "merchant": "acme",
                "scopes": ("payments:read",),
                "local": False,
                "as_json": False,
            },
        ),
        ("docs --port 0", "ops.api_docs.command.docs", {"out": None, "serve": False, "port": 0}),
        (
            "keys list dev",
            "ops.operation.keys.show",
            {"name": "dev", "merchant": None, "local": False, "as_json": False},
        ),
        (
            "keys revoke dev K --json",
            "ops.operation.keys.revoke",
            {"name": "dev", "key_id": "K", "local": False, "as_json": True},
        ),
    ],
)
def test_a_command_passes_its_arguments(
    monkeypatch: pytest.MonkeyPatch, words: str, runs: str, expected: object
) -> None:
    calls: list[object] = []

    def function(**arguments: object) -> int:
        calls.append(arguments)
        return 3

    monkeypatch.setattr(runs, function)
    assert cli.main(words.split()) == 3
    assert calls == [expected]


def test_starting_imports_none_of_what_commands_need() -> None:
    heavy = "{'boto3', 'rich', 'cdktf', 'ops.terraform.terraform'}"
    code = f"import ops.cli, sys; print(*{heavy} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("payctl, version ")


@pytest.mark.parametrize(
    ("words", "kind", "arguments"),
    [
        ("test", "all", ()),
        ("test -k queue", "all", ("-k", "queue")),
        ("test unit -q", "unit", ("-q",)),
        ("test integration -q", "integration", ("-q",)),
    ],
)
def test_what_test_does_not_know_goes_to_pytest(
    monkeypatch: pytest.MonkeyPatch, words: str, kind: str, arguments: tuple[str, ...]
) -> None:
    calls: list[object] = []

    def run(*how: object) -> int:
        calls.append(how)
        return 0

    monkeypatch.setattr("ops.testing.test", run)
    assert cli.main(words.split()) == 0
    assert calls == [(kind, arguments)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--env", "dev", "out"], ("dev", (), False)),
        (
            ["--generic", "out", "--use", "key", "--use", "network", "--json"],
            ("generic", ("key", "network"), True),
        ),
    ],
)
def test_a_module_is_made_of_an_environment_or_of_defaults(
    monkeypatch: pytest.MonkeyPatch, words: list[str], expected: tuple[object, ...]
) -> None:
    def made(name: str, out: Path, *, uses: tuple[str, ...], as_json: bool) -> int:
        assert (name, uses, as_json) == expected
        assert out == Path("out")
        return 3

    monkeypatch.setattr("ops.deployment.module.module", made)
    assert cli.main(["module", *words]) == 3


@pytest.mark.parametrize("words", ["out", "--generic dev out", "--generic", "--env dev"])
def test_a_module_of_nothing_or_of_two_things_is_a_wrong_use(
    capsys: pytest.CaptureFixture[str], words: str
) -> None:
    assert cli.main(["module", *words.split()]) == NEEDS_PERSON
    assert "Usage: payctl module" in capsys.readouterr().err


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parts that were prepared for a command, which itself does nothing."""
    parts: list[str] = []
    for name in (
        *("ops.deployment.up.up", "ops.deployment.deploy.plan", "ops.deployment.deploy.deploy"),
        *("ops.testing.test", "ops.policy.check.check", "ops.ci.command.plan", "ops.ci.command.comment"),
        *("ops.deployment.adopt.release", "ops.deployment.local.down", "ops.benchmarks.figures.report"),
        *("ops.review.command.command", "ops.deployment.env.show", "ops.setup.pins.pins"),
    ):
        monkeypatch.setattr(name, lambda *_, **__: "")
    return parts


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("pins", ""),
        ("up --help", ""),
        ("plan dev", ""),
        ("env", "modules"),
        ("review plan.json", "modules"),
        ("up", "emulator"),
        ("deploy dev --local", "emulator"),
        ("local stop", ""),
        ("test unit", "tests"),
        ("test -k queue", "tests modules emulator policy"),
        ("test tests/ops/test_cli.py::test_x", "tests modules emulator policy"),
        ("check dev", "policy"),
        ("check dev --local", "policy emulator"),
        ("ci comment dev", ""),
        ("ci plan dev", "modules policy"),
        ("ci plan dev --local", "modules policy emulator"),
        ("adopt dev --release --local", "emulator"),
        ("setup", "tests modules emulator policy"),
        ("setup emulator", "emulator"),
    ],
)
def test_a_command_gets_what_it_needs_and_no_more(prepared: list[str], words: str, parts: str) -> None:
    cli.main(words.split(), prepare=prepared.extend)
    assert prepared == parts.split()


@pytest.mark.parametrize(
    "words",
    ["bench foo", "test foo", "setup everything", "adopt dev --local", "up --wrong", "check", "dlq foo dev"],
)
def test_a_wrong_use_prepares_nothing(prepared: list[str], words: str) -> None:
    assert cli.main(words.split(), prepare=prepared.extend) == NEEDS_PERSON
    assert prepared == []


def test_completion_prepares_nothing(
    prepared: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_PAYCTL_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "payctl dlq re")
    monkeypatch.setenv("COMP_CWORD", "2")
    with pytest.raises(SystemExit):
        cli.main([], prepare=prepared.extend)
    assert "redrive" in capsys.readouterr().out
    assert prepared == []


def test_the_launcher_prepares_what_a_command_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    parts: list[str] = []
    monkeypatch.setattr("sys.argv", ["payctl", "setup", "emulator"])
    monkeypatch.setattr("ops.setup.prepare.prepare", parts.extend)
    assert cli.launch() == 0
    assert parts == ["emulator"]


def test_outputs_are_listed_with_their_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["outputs"]) == 0
    assert "| `api_url` | `/payments/<environment>/api/url` |" in capsys.readouterr().out
