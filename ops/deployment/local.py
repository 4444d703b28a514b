"""`payctl local`: start, stop, reset, inspect local AWS."""

import json
import shutil

import click

from ops import checkout
from ops.errors import FAILED
from ops.local import engine
from ops.operation import keys
from ops.progress import say


def start(*, as_json: bool) -> int:
    """Starts local AWS unless it runs."""
    return _report(engine.start(checkout.ROOT), as_json=as_json)


def reset(*, as_json: bool) -> int:
    """Deletes everything in local AWS."""
    _forget()
    return _report(engine.reset(checkout.ROOT), as_json=as_json)


def status(*, as_json: bool) -> int:
    """Prints the endpoint of local AWS; returns 1 if it does not run."""
    return _report(engine.status(checkout.ROOT), as_json=as_json)


def logs() -> int:
    """Prints the log of local AWS; returns 1 if it does not run."""
    if (running := engine.status(checkout.ROOT)) is None:
        return _report(None, as_json=False)
    click.echo(running.log.read_text(), nl=False)
    return 0


def down() -> int:
    """Stops local AWS and deletes everything in it."""
    stopped = engine.stop(checkout.ROOT)
    _forget()
    say("Local AWS is stopped, and its content is deleted." if stopped else "Local AWS was not running.")
    return 0


def _report(running: engine.Running | None, *, as_json: bool) -> int:
    if running is None:
        click.echo(json.dumps({"running": False}) if as_json else "Local AWS does not run.")
        return FAILED
    found = {"running": True, "endpoint": running.endpoint, "pid": running.pid, "log": str(running.log)}
    plain = f"Local AWS runs at {running.endpoint} (process {running.pid}, log {running.log})."
    click.echo(json.dumps(found) if as_json else plain)
    return 0


def _forget() -> None:
    """Deletes the files of this checkout that belong to a local AWS that is gone."""
    shutil.rmtree(checkout.state_folder() / "backend" / "local", ignore_errors=True)
    keys.forget_local_keys()
