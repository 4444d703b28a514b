from __future__ import annotations

from pathlib import Path

import pytest

from constructs_lib.settings.environments import EnvironmentErrors
from constructs_lib.settings.schema import Environment
from ops import checkout
from ops import target as target_module
from ops.errors import NEEDS_PERSON, Problem
from ops.target import Target, read


def test_settings_that_are_wrong_are_one_problem_with_all_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def load(name: str) -> Environment:
        raise EnvironmentErrors(("envs/x.toml: a = 1: must be 2", "envs/x.toml: b = 1: must be 3"))

    monkeypatch.setattr(target_module, "load", load)
    with pytest.raises(Problem) as problem:
        read("x")
    assert problem.value.what.splitlines() == [
        "envs/x.toml: a = 1: must be 2",
        "envs/x.toml: b = 1: must be 3",
    ]
    assert problem.value.hint == "Nothing was written."


def test_without_credentials_it_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    target = Target(environment=Environment(name="dev"), variables={}, local=False)
    with pytest.raises(Problem, match="There are no AWS credentials") as problem:
        target.client("s3")
    assert problem.value.code == NEEDS_PERSON


def test_what_belongs_to_local_aws_is_kept_apart_from_what_belongs_to_an_account() -> None:
    here, there = (
        Target(environment=Environment(name="dev"), variables={}, local=local) for local in (True, False)
    )
    assert (here.scope, here.flag) == ("local", " --local")
    assert (there.scope, there.flag) == ("aws", "")
    assert here.stack_folder == checkout.ROOT / "cdktf.out" / "stacks" / "payments-dev"


def test_a_client_speaks_to_the_target_and_to_nothing_else(target: Target) -> None:
    assert target.client("s3").meta.endpoint_url == target.variables["AWS_ENDPOINT_URL"]
    assert target.client("sts").get_caller_identity()["Account"] == target_module.LOCAL_ACCOUNT
