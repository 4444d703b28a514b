"""Local AWS as a command: start, stop, reset, status, logs."""

from __future__ import annotations

import json
import shutil

import click

from ops import checkout
from ops.local import engine
from ops.operation import keys
from ops.progress import say


def local(verb: str, *, as_json: bool) -> int:
    """Do it, and say where the engine is; status of one that does not run exits with 1."""
    if verb == "stop":
        return down()
    if verb == "reset":
        forget()
    doing = {"start": engine.start, "reset": engine.reset, "status": engine.status, "logs": engine.status}
    running = doing[verb](checkout.ROOT)
    if running is None:
        click.echo(json.dumps({"running": False}) if as_json else "Local AWS does not run.")
        return 1
    if verb == "logs":
        click.echo(running.log.read_text(), nl=False)
    elif as_json:
        click.echo(
            json.dumps(
                {"running": True, "endpoint": running.endpoint, "pid": running.pid, "log": str(running.log)}
            )
        )
    else:
        click.echo(f"Local AWS runs at {running.endpoint} (process {running.pid}, log {running.log}).")
    return 0


def down() -> int:
    """End local AWS and everything in it."""
    stopped = engine.stop(checkout.ROOT)
    forget()
    say("Local AWS is stopped; what was in it is gone." if stopped else "Local AWS was not running.")
    return 0


def forget() -> None:
    """Drop what this checkout keeps of a local AWS that is gone."""
    shutil.rmtree(checkout.state_folder() / "backend" / "local", ignore_errors=True)
    keys.forget_local_keys()
