from __future__ import annotations

from pathlib import Path

import pytest

from constructs_lib.aws.compute.packaging import build_zip
from ops import checkout
from ops.benchmarks import cold_start
from ops.benchmarks import figures as benchmarks
from ops.errors import Problem

pytestmark = pytest.mark.process


@pytest.fixture
def zips(tmp_path: Path) -> Path:
    sources = {name: checkout.ROOT / "handlers" / name for name in ("payment_processor", "payments")}
    build_zip(sources, tmp_path / "zips" / "processor.zip")
    return tmp_path / "zips"


def test_the_start_of_the_processor_is_measured_beside_one_client(zips: Path) -> None:
    found = cold_start.measure(zips, function="processor.zip", runs=1)
    assert found["zip_bytes"] == {"processor": (zips / "processor.zip").stat().st_size}
    assert {type(found[name]) for name in ("client_cpu_ms", "processor_cpu_ms")} == {int}
    assert isinstance(found["times_one_client"], float)


def test_a_function_that_cannot_start_is_no_figure(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("raise RuntimeError('broken')")
    build_zip({"payment_processor/app.py": tmp_path / "app.py"}, tmp_path / "zips" / "processor.zip")
    with pytest.raises(Problem, match="broken"):
        cold_start.measure(tmp_path / "zips", function="processor.zip", runs=1)


def test_the_benchmark_measures_what_is_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[list[str]] = []
    measured: list[tuple[Path, str]] = []

    def measure(zips: Path, *, function: str) -> dict[str, object]:
        measured.append((zips, function))
        return {"figure": 1}

    monkeypatch.setattr(benchmarks, "synth", made.append)
    monkeypatch.setattr(cold_start, "measure", measure)
    assert benchmarks.start() == {"figure": 1}
    assert made == [["dev"]]
    assert measured == [(checkout.ROOT / "cdktf.out" / "functions", "payments-dev-payment-processor.zip")]
