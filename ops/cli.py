"""The commands and what they take; each imports what it runs only when it runs."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime

import click

from ops import checkout
from ops.errors import BUG, INTERRUPTED, Problem

VERSION = "0.1.0"
EXIT_CODES = """\b
Exit codes:
  0    done; for plan: nothing to change
  1    failed: the message says why and what to do
  2    a person is needed: wrong usage, changes to look at, a lock, credentials
  70   a fault of payctl itself, reported in .payctl/logs
  130  interrupted
"""


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=EXIT_CODES,
    no_args_is_help=True,
)
@click.version_option(VERSION, prog_name="payctl")
def cli() -> None:
    """Payment infrastructure on AWS: deploy it, test it, run all of it on this machine."""


def command[**P, R](
    *examples: str, passes_on_options: bool = False
) -> Callable[[Callable[P, R]], click.Command]:
    """Register a function as the command of its name; `examples` end its --help.

    What the function returns is the exit code, None for 0. `passes_on_options`: those that it does not know
    are arguments.
    """
    shown = "\b\nExamples:\n" + "".join(f"  $ {example}\n" for example in examples)
    return cli.command(epilog=shown, context_settings={"ignore_unknown_options": passes_on_options})


@command("payctl doctor", "payctl doctor --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for a program.")
def doctor(as_json: bool) -> int:
    """Say what is there, what is missing, and exactly how to get it."""
    from ops.doctor import doctor

    return doctor(as_json=as_json)


@command("payctl setup", "payctl setup tests")
@click.argument("parts", nargs=-1, type=click.Choice(["tools", "modules", "tests", "emulator", "policy"]))
def setup(parts: tuple[str, ...]) -> None:
    """Prepare everything now, or only the named parts."""
    click.echo("Prepared: " + ", ".join(parts or ("everything",)))


@command('eval "$(payctl env)" && cdktf deploy payments-dev', 'eval "$(payctl env --local)" && aws s3 ls')
@click.option("--local", is_flag=True, help="Also point AWS clients at the AWS of this machine.")
def env(local: bool) -> None:
    """Print the variables under which cdktf and terraform run here."""
    from ops.env import lines

    click.echo("\n".join(lines(local=local)))


@command("payctl pins", "payctl pins --upgrade")
@click.option("--upgrade", is_flag=True, help="Take the newest versions that the .in files allow.")
def pins(upgrade: bool) -> None:
    """Compile the pin files from what they are made of."""
    from ops.pins import pins

    pins(upgrade=upgrade)


LOCAL = click.option("--local", is_flag=True, help="The AWS of this machine instead of an account.")
YES = click.option("--yes", is_flag=True, help="Do not ask.")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object, for a program.")


@command("payctl up", "payctl up --env prod", "payctl up --json")
@click.option("--env", "environment", default="dev", show_default=True, help="The environment to run here.")
@JSON
def up(environment: str, as_json: bool) -> int:
    """Run an entire environment on this machine and take a payment."""
    from ops.up import up

    return up(environment, as_json=as_json)


@command("payctl down")
def down() -> int:
    """End local AWS and everything in it."""
    from ops.up import down

    return down()


@command("payctl local status", "payctl local reset")
@click.argument("verb", type=click.Choice(["start", "stop", "reset", "status", "logs"]))
@JSON
def local(verb: str, as_json: bool) -> int:
    """Start, stop, empty or look at local AWS alone."""
    from ops.local.command import local

    return local(verb, as_json=as_json)


@command("payctl synth", "payctl synth dev pr7255")
@click.argument("environments", nargs=-1)
def synth(environments: tuple[str, ...]) -> None:
    """Synthesize environments, all of envs/ by default."""
    from ops.synth import synth

    click.echo("\n".join(str(path) for path in synth(environments)))


@command("payctl plan dev", "payctl plan prod --local")
@click.argument("environment")
@LOCAL
def plan(environment: str, local: bool) -> int:
    """Show what a deployment would change."""
    from ops.deploy import plan

    return plan(environment, local=local)


@command("payctl check prod", "payctl check dev --local --json")
@click.argument("environment")
@LOCAL
@JSON
def check(environment: str, local: bool, as_json: bool) -> int:
    """Check the plan of an environment against Checkov's policies."""
    from ops.policy.check import check

    return check(environment, local=local, as_json=as_json)


@command("payctl deploy dev", "payctl deploy prod --yes")
@click.argument("environment")
@LOCAL
@YES
def deploy(environment: str, local: bool, yes: bool) -> int:
    """Plan, ask, and apply exactly that plan."""
    from ops.deploy import deploy

    return deploy(environment, local=local, yes=yes)


@command("payctl destroy pr7255", "payctl destroy dev --local --yes")
@click.argument("environment")
@LOCAL
@YES
def destroy(environment: str, local: bool, yes: bool) -> int:
    """Destroy an environment that is not protected."""
    from ops.deploy import destroy

    return destroy(environment, local=local, yes=yes)


@command("payctl backend dev", "payctl backend unlock dev")
@click.argument("words", nargs=-1, required=True, metavar="[unlock] ENVIRONMENT")
@LOCAL
@YES
def backend(words: tuple[str, ...], local: bool, yes: bool) -> int:
    """Create or repair what keeps the state, or free its lock."""
    from ops.backend import command

    return command(words, local=local, yes=yes)


@command(
    "payctl keys create dev --merchant acme", "payctl keys create dev --merchant acme --scope payments:read"
)
@click.argument("verb", type=click.Choice(["create"]))
@click.argument("environment")
@click.option("--merchant", required=True, help="Whose key it is.")
@click.option("--scope", "scopes", multiple=True, help="What it may do; everything by default.")
@LOCAL
@JSON
def keys(
    verb: str, environment: str, merchant: str, scopes: tuple[str, ...], local: bool, as_json: bool
) -> int:
    """Issue a merchant's API key."""
    from ops.keys import create

    return create(environment, merchant=merchant, scopes=scopes, local=local, as_json=as_json)


@command("payctl dlq list dev", "payctl dlq redrive dev --queue webhooks --local")
@click.argument("verb", type=click.Choice(["list", "redrive"]))
@click.argument("environment")
@click.option(
    "--queue",
    type=click.Choice(["queue", "webhooks", "settlements", "undelivered"]),
    help="Only its dead letters; those of all queues by default.",
)
@LOCAL
@JSON
def dlq(verb: str, environment: str, queue: str | None, local: bool, as_json: bool) -> int:
    """List messages that nobody could process, or send them back."""
    from ops import dead_letters

    run = {"list": dead_letters.show, "redrive": dead_letters.redrive}[verb]
    return run(environment, queue=queue, local=local, as_json=as_json)


@command("payctl ledger verify dev", "payctl ledger verify prod --json")
@click.argument("verb", type=click.Choice(["verify"]))
@click.argument("environment")
@LOCAL
@JSON
def ledger(verb: str, environment: str, local: bool, as_json: bool) -> int:
    """Check that payments, ledger entries and refunds agree."""
    from ops.ledger import verify

    return verify(environment, local=local, as_json=as_json)


@command("payctl test", "payctl test unit", "payctl test -k queue", passes_on_options=True)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[unit] [PYTEST ARGUMENTS]...")
def test(words: tuple[str, ...]) -> int:
    """Run every test, or the unit tests in seconds."""
    from ops.testing import test

    unit = words[:1] == ("unit",)
    return test("unit" if unit else "all", words[unit:])


@command("payctl bench", "payctl bench start --json")
@click.argument("names", nargs=-1, type=click.Choice(["synth", "start", "up", "unit"]))
@JSON
def bench(names: tuple[str, ...], as_json: bool) -> int:
    """Measure synthesis, a start, up from nothing, and the unit tests."""
    from ops.benchmarks import report

    return report(names, as_json=as_json)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; every failure is told on stderr without a traceback."""
    try:
        return cli.main(arguments, prog_name="payctl", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Problem as problem:
        _tell(problem.what, problem.hint)
        return problem.code
    except (click.Abort, KeyboardInterrupt):
        _tell("Interrupted.")
        return INTERRUPTED
    except Exception as error:
        report = checkout.logs_folder() / "fault.log"
        report.write_text(f"{datetime.now().isoformat()} payctl {VERSION}\n{traceback.format_exc()}")
        _tell(f"This is a fault of payctl: {type(error).__name__}: {error}", f"Details: {report}")
        return BUG


def _tell(what: str, hint: str = "") -> None:
    click.secho(what, fg="red" if not os.environ.get("NO_COLOR") else None, err=True)
    if hint:
        click.echo(hint, err=True)
