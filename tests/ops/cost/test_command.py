from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from constructs_lib.settings.schema import Environment, VolumeSettings
from ops import cli
from ops.checkout import ROOT
from ops.cost.command import cost
from ops.errors import Problem
from ops.target import read

STACK = {
    "aws_kms_key": {"Key": {"//": {"metadata": {"path": "payments-dev/Key/Resource"}}}},
    "aws_nat_gateway": {"Nat": {}},
    "aws_dynamodb_table": {"Table": {"billing_mode": "PAY_PER_REQUEST"}},
    "aws_lambda_event_source_mapping": {"Mapping": {}},
    "aws_lambda_function": {"Sweeper": {"handler": "sweeper.app.handler", "architectures": ["arm64"]}},
    "aws_sns_topic": {"Topic": {}},
    "aws_rds_cluster": {"Db": {}},
}


@pytest.fixture(autouse=True)
def synthesized(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "cdk.tf.json"
    file.write_text(json.dumps({"resource": STACK}))

    def synthesize(name: str, variables: Mapping[str, str]) -> Path:
        assert name == "dev"
        return file

    monkeypatch.setattr("ops.cost.command.synthesize", synthesize)


def in_region(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    dev = read("dev")
    changed = Environment(name="dev", aws=type(dev.aws)(region=region), volume=VolumeSettings())
    monkeypatch.setattr("ops.cost.command.read", lambda name: changed)


def test_the_table_has_both_designs_their_sums_and_what_is_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["cost", "dev"]) == 0
    output = capsys.readouterr().out.splitlines()
    assert output[0].startswith("dev in eu-west-1, US dollars: list prices read 20")
    assert "10,000 payments a month" in output[1]
    (nat,) = [line.split() for line in output if line.startswith("NAT gateways")]
    assert nat == ["NAT", "gateways", "1", "35.04", "-", "70.08", "-"]
    (sweeps,) = [line for line in output if line.startswith("sweeper calls")]
    assert sweeps.count("< 0.01") == 2
    (writes,) = [line.split() for line in output if line.startswith("writes")]
    assert writes[2:] == ["-", "18.54", "-", "-"]
    assert any(line.startswith("A month with 10,000 payments: ") for line in output)
    assert "  aws_sns_topic: by alerts sent" in output
    assert output[-2:] == ["Types without a price:", "  aws_rds_cluster"]


def test_the_dearest_comes_first_and_totals_last(capsys: pytest.CaptureFixture[str]) -> None:
    cost("dev", as_json=False)
    output = capsys.readouterr().out.splitlines()
    begins = [line.partition("  ")[0] for line in output]
    assert (
        begins.index("NAT gateways") < begins.index("keys") < begins.index("writes") < begins.index("total")
    )


def test_a_program_reads_lines_and_sums(capsys: pytest.CaptureFixture[str]) -> None:
    assert cost("dev", as_json=True) == 0
    output = json.loads(capsys.readouterr().out)
    assert output["at_volume"] == pytest.approx(output["month"] + output["million_payments"] / 100)
    assert output["month"] == pytest.approx(sum(line["month"] for line in output["lines"]))
    assert {
        "address": "aws_kms_key.Key",
        "path": "payments-dev/Key/Resource",
        "what": "keys",
    }.items() <= next(line for line in output["lines"] if line["what"] == "keys").items()
    assert output["naive"]["at_volume"] > output["at_volume"]
    assert output["types_without_a_price"] == ["aws_rds_cluster"]


def test_a_region_without_prices_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_region(monkeypatch, "sa-east-1")
    cost("dev", as_json=False)
    output = capsys.readouterr().out
    assert "  aws_kms_key.Key: keys: no price of key_month in sa-east-1" in output
    assert output.endswith("No price of sa-east-1 is known; eu-central-1, eu-west-1, us-east-1 are.\n")


def test_an_environment_that_is_none_is_a_problem() -> None:
    with pytest.raises(Problem, match="must be"):
        cost("../dev", as_json=False)


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_every_environment_states_its_volume(name: str) -> None:
    file = tomllib.loads((ROOT / "envs" / f"{name}.toml").read_text(encoding="utf-8"))
    assert file["volume"]["payments_per_month"] > 0
