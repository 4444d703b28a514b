"""Measure the project's own speed."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ops.errors import Problem
from ops.run import background

SAMPLING = 0.02  # seconds between two looks at the memory of a run


@dataclass(frozen=True)
class Run:
    """Wall time, s; the most memory that all its processes held at one moment (RSS; 0 without /proc), MB.

    Two executions: looking at the memory takes CPU time from what is looked at (on two cores a third of a
    synthesis), so the one that is timed is left alone.
    """

    seconds: float
    peak_mb: float


def synth(
    app: Sequence[str | Path], *, cwd: Path, variables: Mapping[str, str] = os.environ, runs: int = 3
) -> dict[str, object]:
    """Synthesize with stock and with fast bindings in turn, from empty caches on.

    `app`: the command, as in cdktf.json. Returns `stock` and `fast`, each with its `first` run and the
    `median` of the `runs` after it; `times_faster`, by the medians; and `identical`, whether there were
    stacks and all were the same byte for byte.
    """
    measured: dict[str, list[Run]] = {"stock": [], "fast": []}
    stacks: dict[str, dict[str, bytes]] = {}
    with tempfile.TemporaryDirectory(prefix="payctl-bench-") as scratch:
        for _ in range(1 + runs):
            for kind, done in measured.items():
                timed = _environment(variables, Path(scratch, "time"), kind)
                weighed = _environment(variables, Path(scratch, "memory"), kind)
                done.append(_measure(app, cwd, timed=timed, weighed=weighed))
                stacks[kind] = _stacks(Path(timed["CDKTF_OUTDIR"]))
    stock, fast = (_median(done[1:]) for done in measured.values())
    return {
        "stock": {"first": asdict(measured["stock"][0]), "median": asdict(stock)},
        "fast": {"first": asdict(measured["fast"][0]), "median": asdict(fast)},
        "times_faster": round(stock.seconds / fast.seconds, 1),
        "runs": runs,
        "identical": bool(stacks["fast"]) and stacks["stock"] == stacks["fast"],
    }


def measure(command: Sequence[str | Path], *, cwd: Path, variables: Mapping[str, str]) -> Run:
    """Run to the end, twice; Problem with its output when it fails."""
    return _measure(command, cwd, timed=variables, weighed=variables)


def _measure(
    command: Sequence[str | Path], cwd: Path, *, timed: Mapping[str, str], weighed: Mapping[str, str]
) -> Run:
    seconds, _ = _execute(command, cwd, timed, weigh=False)
    _, peak = _execute(command, cwd, weighed, weigh=True)
    return Run(seconds=round(seconds, 3), peak_mb=round(peak / 2**10, 1))


def _execute(
    command: Sequence[str | Path], cwd: Path, variables: Mapping[str, str], *, weigh: bool
) -> tuple[float, int]:
    """Seconds and KiB."""
    with tempfile.NamedTemporaryFile(prefix="payctl-bench-") as log:
        start = time.perf_counter()
        child = background(command, env=variables, log=Path(log.name), cwd=cwd)
        peak = 0
        try:
            while weigh and child.poll() is None:
                peak = max(peak, sum(map(_resident, _family(child.pid))))
                time.sleep(SAMPLING)
            child.wait()
            seconds = time.perf_counter() - start
        finally:
            child.kill()
            child.wait()
        if child.returncode:
            said = Path(log.name).read_text(errors="replace").strip()
            raise Problem(f"{command[0]} ended with exit code {child.returncode}.\n{said}")
    return seconds, peak


def _environment(variables: Mapping[str, str], scratch: Path, kind: str) -> dict[str, str]:
    """One choice of bindings; caches of its own, for bytecode too: a venv may lack that of unused modules."""
    inherited = {
        name: value
        for name, value in variables.items()
        if not name.startswith("JSII_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    return {
        **inherited,
        "PAYMENTS_STOCK_BINDINGS": "1" if kind == "stock" else "0",
        "CDKTF_OUTDIR": str(scratch / kind),
        "PAYCTL_CACHE_DIR": str(scratch / "cache" / kind),
        "PYTHONPYCACHEPREFIX": str(scratch / "bytecode" / kind),
    }


def _stacks(out: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in out.glob("stacks/*/cdk.tf.json")}


def _median(runs: Sequence[Run]) -> Run:
    return Run(
        seconds=statistics.median(run.seconds for run in runs),
        peak_mb=statistics.median(run.peak_mb for run in runs),
    )


def _family(pid: int) -> Iterator[int]:
    """The process and all that it started, and those started."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # a thread that has ended
            for child in task.read_text().split():
                yield from _family(int(child))


def _resident(pid: int) -> int:
    """KiB."""
    with suppress(OSError, IndexError):  # a process that has ended
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])
    return 0
