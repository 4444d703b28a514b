from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ops import checkout
from ops.errors import Problem
from ops.terraform import synth


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, str]]:
    found: list[Mapping[str, str]] = []
    monkeypatch.setattr(synth, "run", lambda command, env, **_: found.append(env))
    return found


def test_everything_in_envs_is_synthesized_by_default(started: list[Mapping[str, str]]) -> None:
    stacks = synth.synth([])
    assert [env["PAYMENTS_ENV"] for env in started] == ["dev", "prod", "staging"]
    assert stacks[0] == checkout.ROOT / "cdktf.out" / "stacks" / "payments-dev" / "cdk.tf.json"


def test_named_environments_are_synthesized_where_plain_cdktf_puts_them(
    started: list[Mapping[str, str]],
) -> None:
    synth.synth(["pr7255"])
    [env] = started
    assert (env["PAYMENTS_ENV"], Path(env["CDKTF_OUTDIR"])) == ("pr7255", checkout.ROOT / "cdktf.out")


def test_one_bad_name_synthesizes_nothing(started: list[Any]) -> None:
    with pytest.raises(Problem, match="No_Such"):
        synth.synth(["dev", "No_Such"])
    assert started == []


def test_the_command_prints_the_stack_files(
    started: list[Mapping[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    synth.show(["dev"])
    stack = checkout.ROOT / "cdktf.out" / "stacks" / "payments-dev" / "cdk.tf.json"
    assert capsys.readouterr().out == f"{stack}\n"
