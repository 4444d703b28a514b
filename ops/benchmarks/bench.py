"""Measurement of time and memory of programs."""

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
    """Represents wall time, s, and peak memory of all processes together (RSS; 0 without /proc), MB.

    They come from two executions: reading the memory takes CPU time, on two cores a third of a synthesis.
    """

    seconds: float
    peak_mb: float


def synth(
    app: Sequence[str | Path], *, cwd: Path, variables: Mapping[str, str] = os.environ, runs: int = 5
) -> dict[str, object]:
    """Synthesizes with stock and with fast bindings in turn, starting with empty caches.

    `app`: the command, as in cdktf.json. Returns `stock` and `fast`, each with its `first` run and what it
    takes `then`: the median of `runs` times, and the memory of one more run; `times_faster`, the median of
    the ratios in each turn, because a machine's speed drifts; and `identical`, whether there were stacks and
    all were the same byte for byte.
    """
    took: dict[str, list[float]] = {"stock": [], "fast": []}
    peaks: dict[str, list[float]] = {"stock": [], "fast": []}
    stacks: dict[str, dict[str, bytes]] = {}
    with tempfile.TemporaryDirectory(prefix="payctl-bench-") as scratch:
        for _ in range(1 + runs):
            for kind, seconds in took.items():
                environment = _environment(variables, Path(scratch, "time"), kind)
                seconds.append(_measured(app, cwd, environment))
                files = Path(environment["CDKTF_OUTDIR"]).glob("stacks/*/cdk.tf.json")
                stacks[kind] = {file.parent.name: file.read_bytes() for file in files}
        for _ in range(2):
            for kind, megabytes in peaks.items():
                environment = _environment(variables, Path(scratch, "memory"), kind)
                megabytes.append(_measured(app, cwd, environment, memory=True))
    ratios = [stock / fast for stock, fast in zip(took["stock"][1:], took["fast"][1:], strict=True)]
    return {
        **{
            kind: {
                "first": asdict(Run(took[kind][0], peaks[kind][0])),
                "then": asdict(Run(statistics.median(took[kind][1:]), peaks[kind][1])),
            }
            for kind in took
        },
        "times_faster": round(statistics.median(ratios), 1),
        "runs": runs,
        "identical": bool(stacks["fast"]) and stacks["stock"] == stacks["fast"],
    }


def measure(command: Sequence[str | Path], *, cwd: Path, variables: Mapping[str, str]) -> Run:
    """Runs a program twice; raises Problem with its output when it fails."""
    return Run(_measured(command, cwd, variables), _measured(command, cwd, variables, memory=True))


def _measured(
    command: Sequence[str | Path], cwd: Path, variables: Mapping[str, str], *, memory: bool = False
) -> float:
    """Returns seconds, or with `memory` the peak memory in MB."""
    with tempfile.NamedTemporaryFile(prefix="payctl-bench-") as log:
        start = time.perf_counter()
        child = background(command, env=variables, log=Path(log.name), cwd=cwd)
        peak = 0
        try:
            while memory and child.poll() is None:
                peak = max(peak, sum(map(_resident, _family(child.pid))))
                time.sleep(SAMPLING)
            child.wait()
            seconds = time.perf_counter() - start
        finally:
            child.kill()
            child.wait()
        if child.returncode:
            output = Path(log.name).read_text(errors="replace").strip()
            raise Problem(f"{command[0]} ended with exit code {child.returncode}.\n{output}")
    return round(peak / 2**10, 1) if memory else round(seconds, 3)


def _environment(variables: Mapping[str, str], scratch: Path, kind: str) -> dict[str, str]:
    """Returns the variables of one kind of bindings, with caches of its own, for bytecode too."""
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


def _family(pid: int) -> Iterator[int]:
    """Yields the process and all its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # a thread that has ended
            for child in task.read_text().split():
                yield from _family(int(child))


def _resident(pid: int) -> int:
    """Returns the resident memory in KiB."""
    with suppress(OSError, IndexError):  # a process that has ended
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])
    return 0
