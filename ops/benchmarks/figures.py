"""`payctl bench`: speed of synthesis, function start, review, `payctl up` and unit tests."""

import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from constructs_lib.settings.naming import Naming
from ops import checkout
from ops.benchmarks import bench
from ops.errors import Problem
from ops.progress import Waiting
from ops.run import run
from ops.setup import toolchain
from ops.terraform.synth import synth

ENVIRONMENT = "dev"
RESOURCES = 2000
BLOCKED = 3
REFERENCE = re.compile(r"\b(aws_[a-z0-9_]+\.[A-Za-z][\w-]*)")


def report(names: Iterable[str], *, as_json: bool) -> int:
    """Measures the named benchmarks, all by default, and prints the figures."""
    figures = {name: BENCHMARKS[name]() for name in names or BENCHMARKS}
    if as_json:
        click.echo(json.dumps(figures, indent=2))
    else:
        for name, found in figures.items():
            click.echo(name)
            for figure, value in _flat(found):
                click.echo(f"  {figure:<28} {value}")
    return 0


def synthesis() -> dict[str, Any]:
    """Measures the synthesis of one environment with stock and with fast bindings."""
    with Waiting("synthesize with stock and with fast bindings in turn"):
        return dict(
            bench.synth(
                [checkout.python(), checkout.ROOT / "main.py"],
                cwd=checkout.ROOT,
                variables={**toolchain.environment(), "PAYMENTS_ENV": ENVIRONMENT},
            )
        )


def up_from_nothing() -> dict[str, Any]:
    """Measures `payctl up` on an empty local AWS, and the longest chain of dependent resources in it."""
    from ops.deployment.local import down
    from ops.local import engine

    if engine.status(checkout.ROOT):
        raise Problem(
            "Local AWS is running, but this benchmark needs an empty one.",
            hint="Stop it first: ./payctl down",
        )
    down()
    began = time.monotonic()
    try:
        run([checkout.ROOT / "payctl", "up", "--json"], capture=True)
        seconds = time.monotonic() - began
    finally:
        down()
    took = _durations(checkout.logs_folder() / f"payments-{ENVIRONMENT}-apply.log")
    stack = json.loads((checkout.stack_folder(ENVIRONMENT) / "cdk.tf.json").read_text())
    chain = longest_chain(took, dependencies(stack))
    waits = sum(took[address] for address in chain)
    return {
        "seconds": round(seconds),
        "longest_chain_seconds": waits,
        "above_it_seconds": round(seconds - waits),
        "longest_chain": [f"{address} {took[address]} s" for address in chain if took[address]],
    }


def unit_tests() -> dict[str, Any]:
    """Measures `payctl test unit`."""
    began = time.monotonic()
    run([checkout.ROOT / "payctl", "test", "unit", "-q"], capture=True, env=dict(os.environ))
    return {"seconds": round(time.monotonic() - began, 1)}


def plan_review() -> dict[str, Any]:
    """Measures `payctl review` of a plan of 2,000 resources, with the start of the program."""
    from ops.benchmarks import big_plan

    with tempfile.TemporaryDirectory(prefix="payctl-bench-") as scratch, Waiting("review 2,000 resources"):
        plan, out = Path(scratch, "plan.json"), Path(scratch, "comment.md")
        plan.write_text(json.dumps(big_plan.document(RESOURCES)))
        # Through a shell: the exit code of a review is its verdict.
        review = f'"$0" -m ops review {plan} --out {out} >{os.devnull} || [ $? -eq {BLOCKED} ]'
        took = bench.measure(["sh", "-c", review, checkout.python()], cwd=checkout.ROOT, variables=os.environ)
        return {"resources": RESOURCES, "plan_mb": round(plan.stat().st_size / 1e6, 1), **asdict(took)}


def start() -> dict[str, Any]:
    """Measures the start of the function behind the API, from its deployed zip."""
    from ops.benchmarks import cold_start

    synth([ENVIRONMENT])
    with Waiting("start the payment processor, a client and nothing, ten times each"):
        name = f"{Naming(ENVIRONMENT).name('payment-processor')}.zip"
        return cold_start.measure(checkout.ROOT / "cdktf.out" / "functions", function=name)


BENCHMARKS: dict[str, Callable[[], dict[str, Any]]] = {
    "synth": synthesis,
    "review": plan_review,
    "start": start,
    "up": up_from_nothing,
    "unit": unit_tests,
}


def dependencies(stack: Mapping[str, Any]) -> dict[str, set[str]]:
    """Returns the addresses that each resource of a synthesized stack refers to."""
    resources = {
        f"{kind}.{name}": json.dumps(body)
        for kind, named in stack["resource"].items()
        for name, body in named.items()
    }
    return {
        address: {found for found in REFERENCE.findall(text) if found in resources and found != address}
        for address, text in resources.items()
    }


def longest_chain(took: Mapping[str, int], needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Returns the slowest chain of resources in which each depends on the one before it."""
    best: dict[str, tuple[int, list[str]]] = {}

    def to(address: str) -> tuple[int, list[str]]:
        if address not in best:
            before = max((to(one) for one in needs.get(address, ())), default=(0, []), key=lambda c: c[0])
            best[address] = (before[0] + took.get(address, 0), [*before[1], address])
        return best[address]

    return max((to(address) for address in took), default=(0, []), key=lambda chain: chain[0])[1]


def _durations(log: Path) -> dict[str, int]:
    """Returns the seconds of each resource in the log of `terraform apply -json`."""
    events = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{"))
    return {
        event["hook"]["resource"]["addr"]: event["hook"]["elapsed_seconds"]
        for event in events
        if event.get("type") == "apply_complete"
    }


def _flat(figures: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", ", ".join(value) if isinstance(value, list) else value
