"""Synthesis of stacks by running the app."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from ops import checkout
from ops.progress import Waiting
from ops.run import run
from ops.setup import toolchain
from ops.target import read


def show(names: Sequence[str]) -> None:
    """Synthesizes environments and prints the stack files."""
    for file in synth(names):
        click.echo(file)


def synth(names: Sequence[str]) -> list[Path]:
    """Synthesizes environments, all of envs/ by default; returns the stack files."""
    from constructs_lib.settings.environments import names as all_names

    chosen = list(names) or list(all_names())
    for name in chosen:
        read(name)
    return [synthesize(name, toolchain.environment()) for name in chosen]


def synthesize(name: str, variables: Mapping[str, str]) -> Path:
    """Synthesizes one environment into cdktf.out, as plain `cdktf` does."""
    with Waiting(f"synthesize {name}"):
        run(
            [checkout.python(), checkout.ROOT / "main.py"],
            cwd=checkout.ROOT,
            env={**variables, "PAYMENTS_ENV": name, "CDKTF_OUTDIR": str(checkout.ROOT / "cdktf.out")},
            capture=True,
        )
    return checkout.stack_folder(name) / "cdk.tf.json"
