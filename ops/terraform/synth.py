"""Synthesize stacks: run the app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ops import checkout
from ops.progress import Waiting
from ops.run import run
from ops.setup import toolchain
from ops.target import read


def synth(names: Sequence[str]) -> list[Path]:
    """Synthesize environments, all of envs/ when none is named; returns the stack files."""
    from constructs_lib.settings.environments import names as all_names

    chosen = list(names) or list(all_names())
    for name in chosen:
        read(name)
    return [synthesize(name, toolchain.environment()) for name in chosen]


def synthesize(name: str, variables: Mapping[str, str]) -> Path:
    """Synthesize one environment into cdktf.out, where plain `cdktf` puts it too."""
    with Waiting(f"synthesize {name}"):
        run(
            [checkout.python(), checkout.ROOT / "main.py"],
            cwd=checkout.ROOT,
            env={**variables, "PAYMENTS_ENV": name, "CDKTF_OUTDIR": str(checkout.ROOT / "cdktf.out")},
            capture=True,
        )
    return checkout.stack_folder(name) / "cdk.tf.json"
