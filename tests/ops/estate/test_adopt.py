from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

from constructs_lib.settings.environments import load
from constructs_lib.settings.estate import Adoption, EstateSettings
from constructs_lib.settings.schema import Environment
from ops import checkout, cli
from ops.deployment import adopt as command
from ops.deployment import deploy
from ops.errors import NEEDS_PERSON, Problem
from ops.estate.adopt import gate
from ops.estate.adopt.plans import Plan
from ops.estate.adopt.trial import Trial
from ops.target import Target
from ops.terraform import backend, terraform
from ops.terraform.states import Instance
from tests.ops.estate.test_plans import change

QUEUE = "aws_sqs_queue.Queue_1"
DOCUMENT = {
    "resource": {
        "aws_sqs_queue": {"Queue_1": {"name": "payments-dev-queue", "visibility_timeout_seconds": 360}},
        "aws_sns_topic": {"T": {"name": "t"}, "U": {"name": "u"}},
        "aws_vpc": {"V": {}},
    },
}
QUEUES = {"name": "acme", "url": "https://sqs/acme", "id": "https://sqs/acme", "arn": "arn:q"}
STATE = {
    "version": 4,
    "resources": [
        {
            "mode": "managed",
            "type": kind,
            "name": "x",
            "instances": [{"attributes": attributes}],
        }
        for kind, attributes in (
            ("aws_sqs_queue", QUEUES),
            ("aws_sns_topic", {"name": "acme-alerts", "arn": "arn:t", "id": "arn:t"}),
        )
    ],
}
TIMEOUT_DIFFERS = change(
    QUEUE, before={"visibility_timeout_seconds": 180}, after={"visibility_timeout_seconds": 360}
)
WAIT_DIFFERS = change(QUEUE, before={"receive_wait_time_seconds": 0}, after={"receive_wait_time_seconds": 20})


class FakeTrial:
    """Fakes the trial: returns its plans in turn and records the adoptions that it plans."""

    def __init__(self, *plans: Plan) -> None:
        self.plans = list(plans) or [Plan({})]
        self.tried: list[list[Adoption]] = []

    def of(self, _: Target) -> FakeTrial:
        return self

    def synthesize(self, _: EstateSettings) -> dict[str, Any]:
        return DOCUMENT

    def plan(self, _: EstateSettings, adoptions: Iterable[Adoption]) -> Plan:
        self.tried.append(list(adoptions))
        return self.plans.pop(0) if len(self.plans) > 1 else self.plans[0]


class Sts:
    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "000000000000", "Arn": "arn:aws:iam::000000000000:root"}


class FakeTarget(Target):
    def client(self, service: str) -> Any:
        return Sts()


@pytest.fixture
def envs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "envs"
    folder.mkdir()
    (folder / "dev.toml").write_text('[estate]\ntags = "keep"\n')
    monkeypatch.setattr(command, "ENVS", folder)
    monkeypatch.setattr(
        command,
        "resolve_target",
        lambda name, local: FakeTarget(environment=load(name, envs=folder), variables={}, local=local),
    )

    @contextmanager
    def alone(_: Target) -> Iterator[None]:
        yield

    monkeypatch.setattr(deploy, "environment_lock", alone)
    monkeypatch.setattr(backend, "is_usable", lambda _: False)
    monkeypatch.setattr(backend, "ensure", lambda _: None)
    monkeypatch.setattr(gate, "resources_in_state", lambda _: {})
    (tmp_path / "state.json").write_text(json.dumps(STATE))
    return folder


@pytest.fixture
def source(tmp_path: Path) -> str:
    return str(tmp_path / "state.json")


def trying(monkeypatch: pytest.MonkeyPatch, *changes: dict[str, Any]) -> FakeTrial:
    trial = FakeTrial(*(Plan({"resource_changes": [it]}) for it in changes))
    monkeypatch.setattr(command, "Trial", trial)
    return trial


def test_an_adoption_that_is_ready_says_what_to_do_and_writes_nothing(
    envs: Path, source: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = trying(monkeypatch)
    before = (envs / "dev.toml").read_bytes()
    assert cli.main(["adopt", "dev", "--from", source, "--local"]) == 0
    output = capsys.readouterr().out
    assert "1 of our resources found, 2 ambiguous, 1 missing." in output
    assert f"  {QUEUE} = https://sqs/acme\n    aws_sqs_queue.x (the only one)" in output
    assert '    "aws_sns_topic.T" = "arn:t"' in output
    assert "  aws_vpc\n    V" in output
    assert f"Ready. Write the lines with: payctl adopt dev --local --from {source} --write" in output
    assert "removed {\n  from = aws_sqs_queue.x" in output
    assert "import {\n  to = aws_sqs_queue.x" in output
    assert (envs / "dev.toml").read_bytes() == before
    assert trial.tried == [[Adoption(address=QUEUE, id="https://sqs/acme", name="acme")]]


def test_the_lines_are_written_when_told(
    envs: Path, source: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = trying(monkeypatch)
    assert cli.main(["adopt", "dev", "--from", source, "--write"]) == 0
    written = f'"{QUEUE}" = {{ id = "https://sqs/acme", name = "acme" }}\n'
    assert (envs / "dev.toml").read_text().endswith(f"\n[estate.adopt]\n{written}")
    assert capsys.readouterr().err.endswith("1 lines written to envs/dev.toml, under [estate.adopt].\n")
    assert cli.main(["adopt", "dev", "--from", source]) == 0  # lines of the file stay
    assert trial.tried[0] == trial.tried[1]


def test_differences_are_told_with_their_lines_and_the_code_says_so(
    envs: Path, source: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trying(monkeypatch, TIMEOUT_DIFFERS)
    assert cli.main(["adopt", "dev", "--from", source]) == NEEDS_PERSON
    output = capsys.readouterr().out.partition("Differences")[2]
    assert "    visibility_timeout_seconds: 180 → 360\n      [queue] visibility_timeout = 180\n" in output
    assert '      "aws_sqs_queue.Queue_1" = { id = "https://sqs/acme", name = "acme", keep = ["vis' in output
    assert "Not ready." in output


def test_what_forces_a_replacement_and_what_is_allowed_by_name_are_told(
    envs: Path, source: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = FakeTrial(
        Plan(
            {
                "resource_changes": [
                    change(QUEUE, before={"name": "a"}, after={"name": "b"}, replace_paths=[["name"]]),
                    change("aws_vpc.V", "create", imported=False),
                ]
            }
        )
    )
    monkeypatch.setattr(command, "Trial", trial)
    monkeypatch.setattr(gate, "missing_parts", lambda *_: {"aws_sns_topic.U": QUEUE})
    monkeypatch.setattr("ops.deployment.adopt.coloured", lambda: True)
    assert cli.main(["adopt", "dev", "--from", source]) == NEEDS_PERSON
    output = capsys.readouterr().out
    assert '\x1b[31mforces a replacement: \x1b[0mname: "a" → "b"' in output
    assert "aws_vpc.V would be created, because an adopted resource refers to it" in output
    assert f"aws_sns_topic.U is missing: the next deployment would add it to {QUEUE}" in output
    assert "[estate] allow" not in output  # `keep` lines may make it unnecessary
    assert "Then this command prints one `allow` line" in output


def test_what_only_a_word_settles_is_one_list(
    envs: Path, source: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trying(monkeypatch, change("aws_vpc.V", "create", imported=False))
    monkeypatch.setattr(gate, "missing_parts", lambda *_: {"aws_sns_topic.U": QUEUE})
    assert cli.main(["adopt", "dev", "--from", source]) == NEEDS_PERSON
    output = capsys.readouterr().out
    assert '[estate] allow = ["aws_vpc.V", "aws_sns_topic.U"]' in output
    assert "--keep" not in output


def test_what_the_environment_has_already_cannot_be_another_and_is_told(
    envs: Path, source: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trying(monkeypatch)
    monkeypatch.setattr(gate, "resources_in_state", lambda _: {QUEUE: IN_STATE})
    assert cli.main(["adopt", "dev", "--from", source]) == NEEDS_PERSON
    output = capsys.readouterr().out
    assert (
        f"  {QUEUE} is u in the state of dev already, so Terraform ignores the line with "
        "https://sqs/acme: remove it from [estate.adopt]"
    ) in output
    assert "Differences" not in output
    assert "Not ready." in output


def test_keeping_tries_again_until_nothing_differs(
    envs: Path, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = FakeTrial(
        Plan({"resource_changes": [TIMEOUT_DIFFERS]}), Plan({"resource_changes": [WAIT_DIFFERS]}), Plan({})
    )
    monkeypatch.setattr(command, "Trial", trial)
    assert cli.main(["adopt", "dev", "--from", source, "--keep", "--write"]) == 0
    assert [it.keep for (it,) in trial.tried] == [
        (),
        ("visibility_timeout_seconds",),
        ("visibility_timeout_seconds", "receive_wait_time_seconds"),
    ]
    assert (
        'keep = ["visibility_timeout_seconds", "receive_wait_time_seconds"]'
        in (envs / "dev.toml").read_text()
    )


def test_a_program_gets_one_object_and_the_blocks_alone_can_be_had(
    envs: Path, source: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trying(monkeypatch, TIMEOUT_DIFFERS)
    assert cli.main(["adopt", "dev", "--from", source, "--json"]) == NEEDS_PERSON
    output = json.loads(capsys.readouterr().out)
    assert output["clean"] is False
    assert {it["address"]: it["state"] for it in output["resources"]} == {
        QUEUE: "found",
        "aws_sns_topic.T": "ambiguous",
        "aws_sns_topic.U": "ambiguous",
        "aws_vpc.V": "missing",
    }
    assert output["differences"][0]["settle"] == ["[queue] visibility_timeout = 180"]
    for name in ("removed", "imports"):
        cli.main(["adopt", "dev", "--from", source, "--blocks", name])
        assert capsys.readouterr().out.rstrip("\n") == output[name].rstrip("\n")


def test_somebody_has_to_say_where_the_estate_is(envs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["adopt", "dev"]) == NEEDS_PERSON
    assert "Name the existing estate" in capsys.readouterr().err


IN_STATE = Instance("aws_sqs_queue", QUEUE, {"url": "u"})
ADOPTED = EstateSettings(adopt=(Adoption(address=QUEUE, id="u"), Adoption(address="aws_vpc.V", id="vpc-1")))


@pytest.fixture
def forgotten(envs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    removed: list[str] = []
    monkeypatch.setattr(deploy, "prepare_stack", lambda _: tmp_path)
    monkeypatch.setattr(
        gate,
        "resources_in_state",
        lambda _: {it: IN_STATE for it in (QUEUE, "aws_iam_role.R") if it not in removed},
    )
    monkeypatch.setattr(terraform, "forget", lambda _, __, addresses: removed.extend(addresses))
    (envs / "dev.toml").write_text(f'[estate.adopt]\n"{QUEUE}" = "u"\n"aws_vpc.V" = "vpc-1"\n')
    return removed


def test_what_was_adopted_is_forgotten_and_nothing_else(
    forgotten: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["adopt", "dev", "--release", "--yes"]) == 0
    assert forgotten == [QUEUE]
    assert "Forgotten: 1. Remove [estate.adopt] from envs/dev.toml" in capsys.readouterr().err
    assert cli.main(["adopt", "dev", "--release", "--yes"]) == 0
    assert "dev has nothing adopted in its state." in capsys.readouterr().err


def test_nothing_is_forgotten_before_somebody_agrees(
    forgotten: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert cli.main(["adopt", "dev", "--release"]) == NEEDS_PERSON
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(click.termui, "visible_prompt_func", lambda _: "n")
    assert cli.main(["adopt", "dev", "--release"]) == 130
    assert forgotten == []
    monkeypatch.setattr(click.termui, "visible_prompt_func", lambda _: "y")
    assert cli.main(["adopt", "dev", "--release"]) == 0
    assert forgotten == [QUEUE]


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Target:
    monkeypatch.setattr(gate, "resources_in_state", lambda _: {QUEUE: IN_STATE})
    (tmp_path / "cdk.tf.json").write_text(json.dumps(DOCUMENT))
    return Target(environment=Environment(name="dev", estate=ADOPTED), variables={}, local=False)


def test_what_the_state_does_not_have_yet_is_pending(target: Target) -> None:
    assert gate.pending(target) == ("aws_vpc.V",)
    assert gate.pending(replace(target, environment=Environment(name="dev"))) == ()


def test_a_first_plan_that_only_adopts_passes_and_any_other_is_refused(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terraform, "show", lambda *_: {"resource_changes": [change(QUEUE, "no-op")]})
    gate.check(target, tmp_path, tmp_path / "plan")
    many = [change(f"aws_iam_role.R{n}", "delete", imported=False) for n in range(30)]
    monkeypatch.setattr(terraform, "show", lambda *_: {"resource_changes": many})
    with pytest.raises(Problem, match="would not only adopt") as problem:
        gate.check(target, tmp_path, tmp_path / "plan")
    assert "aws_iam_role.R0 would be destroyed\n" in problem.value.what
    assert len(problem.value.what.splitlines()) == 31


def test_a_refused_plan_names_the_lines_that_settle_it(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = {"visibility_timeout_seconds": 180, "receive_wait_time_seconds": 0}
    stack = {"visibility_timeout_seconds": 360, "receive_wait_time_seconds": 20}
    (tmp_path / "cdk.tf.json").write_text(json.dumps({"resource": {"aws_sqs_queue": {"Queue_1": stack}}}))
    monkeypatch.setattr(
        terraform, "show", lambda *_: {"resource_changes": [change(QUEUE, before=both, after=stack)]}
    )
    with pytest.raises(Problem) as problem:
        gate.check(target, tmp_path, tmp_path / "plan")
    keeping = f'{json.dumps(QUEUE)} = {{ id = "u", keep = {json.dumps(sorted(both))} }}'
    assert problem.value.what.splitlines()[1:] == [
        f"  {QUEUE}: receive_wait_time_seconds: 0 → 20",
        f"      {keeping}",
        f"  {QUEUE}: visibility_timeout_seconds: 180 → 360",
        "      [queue] visibility_timeout = 180",
        f"      {keeping}",
    ]
    protected = change(
        "aws_dynamodb_table.T",
        before={"deletion_protection_enabled": False},
        after={"deletion_protection_enabled": True},
    )
    (tmp_path / "cdk.tf.json").write_text(json.dumps({"resource": {"aws_dynamodb_table": {"T": stack}}}))
    monkeypatch.setattr(terraform, "show", lambda *_: {"resource_changes": [protected]})
    table = EstateSettings(adopt=(Adoption(address="aws_dynamodb_table.T", id="t"),), allow=("aws_vpc.V",))
    with pytest.raises(Problem) as problem:
        gate.check(
            replace(target, environment=Environment(name="dev", estate=table)), tmp_path, tmp_path / "plan"
        )
    allowed = ["aws_vpc.V", "aws_dynamodb_table.T.deletion_protection_enabled"]
    assert problem.value.what.endswith(f"\n      [estate] allow = {json.dumps(allowed)}")


@pytest.mark.process
def test_a_trial_is_planned_on_an_empty_state_of_its_own_and_shows_replacements(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    planned: dict[str, Any] = {}
    monkeypatch.setattr(checkout, "state_folder", lambda: tmp_path)
    monkeypatch.setattr(terraform, "init", lambda stack, _: planned.update(stack=stack))
    monkeypatch.setattr(terraform, "plan", lambda *_, **how: planned.update(how))
    monkeypatch.setattr(terraform, "show", lambda *_: {})
    target = Target(environment=load("dev"), variables={}, local=True)
    one = Adoption(address="aws_dynamodb_table.Payments_130453D3", id="acme")
    estate = EstateSettings(adopt=(one,))
    trial = Trial.of(target)
    assert trial.plan(estate, estate.adopt).changes == []
    document = json.loads((planned["stack"] / "cdk.tf.json").read_text())
    assert document["import"] == [{"to": one.address, "id": "acme"}]
    assert "backend" not in document["terraform"]
    table = document["resource"]["aws_dynamodb_table"]["Payments_130453D3"]
    assert "prevent_destroy" not in table["lifecycle"]
    assert table["deletion_protection_enabled"] is True
    assert planned["targets"] == [one.address]
    assert (planned["stack"] / "terraform.tfstate.d" / "dev").is_dir()
    with pytest.raises(Problem, match="no such resource"):
        trial.synthesize(EstateSettings(adopt=(Adoption(address="aws_vpc.Nowhere", id="x"),)))
