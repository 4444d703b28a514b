"""The commands and what they take; each imports what it runs only when it runs."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from constructs_lib.payments.registry import QUEUES, UNDELIVERED
from ops import checkout
from ops.errors import BUG, INTERRUPTED, Problem

VERSION = "0.1.0"
EXIT_CODES = """\b
Exit codes:
  0    done; for plan: nothing to change
  1    failed: the message says why and what to do
  2    a person is needed: wrong usage, changes to look at, a lock, credentials
  3    for review: blocked
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
    *examples: str, passes_on_options: bool = False, group: click.Group = cli
) -> Callable[[Callable[P, R]], click.Command]:
    """Register a function as the command of its name, of a group; `examples` end its --help.

    What the function returns is the exit code, None for 0. `passes_on_options`: those that it does not know
    are arguments.
    """
    shown = "\b\nExamples:\n" + "".join(f"  $ {example}\n" for example in examples)
    return group.command(epilog=shown, context_settings={"ignore_unknown_options": passes_on_options})


@command("payctl doctor", "payctl doctor --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for a program.")
def doctor(as_json: bool) -> int:
    """Say what is there, what is missing, and exactly how to get it."""
    from ops.setup.doctor import doctor

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
    from ops.deployment.env import lines

    click.echo("\n".join(lines(local=local)))


@command("payctl pins", "payctl pins --upgrade")
@click.option("--upgrade", is_flag=True, help="Take the newest versions that the .in files allow.")
def pins(upgrade: bool) -> None:
    """Compile the pin files from what they are made of."""
    from ops.setup.pins import pins

    pins(upgrade=upgrade)


LOCAL = click.option("--local", is_flag=True, help="The AWS of this machine instead of an account.")
YES = click.option("--yes", is_flag=True, help="Do not ask.")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object, for a program.")


@command("payctl up", "payctl up --env prod", "payctl up --json")
@click.option("--env", "environment", default="dev", show_default=True, help="The environment to run here.")
@JSON
def up(environment: str, as_json: bool) -> int:
    """Run an entire environment on this machine and take a payment."""
    from ops.deployment.up import up

    return up(environment, as_json=as_json)


@command("payctl down")
def down() -> int:
    """End local AWS and everything in it."""
    from ops.deployment.local import down

    return down()


@command("payctl local status", "payctl local reset")
@click.argument("verb", type=click.Choice(["start", "stop", "reset", "status", "logs"]))
@JSON
def local(verb: str, as_json: bool) -> int:
    """Start, stop, empty or look at local AWS alone."""
    from ops.deployment.local import local

    return local(verb, as_json=as_json)


@command("payctl synth", "payctl synth dev pr7255")
@click.argument("environments", nargs=-1)
def synth(environments: tuple[str, ...]) -> None:
    """Synthesize environments, all of envs/ by default."""
    from ops.terraform.synth import synth

    click.echo("\n".join(str(path) for path in synth(environments)))


@command(
    "payctl module dev ../modules/payments",
    "payctl module --generic ../modules/payments",
    "payctl module --generic --use network --use key ../modules/payments",
)
@click.argument("words", nargs=-1, required=True, metavar="[ENVIRONMENT] FOLDER")
@click.option("--generic", is_flag=True, help="Of the default settings instead of an environment's.")
@click.option(
    "--use",
    "uses",
    multiple=True,
    type=click.Choice(["network", "key", "topics", "log-bucket"]),
    help="What the calling root brings; again for more.",
)
@JSON
def module(words: tuple[str, ...], generic: bool, uses: tuple[str, ...], as_json: bool) -> int:
    """Write the stack as a plain Terraform module."""
    from ops.deployment.module import module

    *environment, folder = words
    if len(environment) != (not generic):
        raise click.UsageError("Name an environment and a folder, or --generic and a folder.")
    return module(environment[0] if environment else None, Path(folder), uses=uses, as_json=as_json)


@command("payctl outputs")
def outputs() -> None:
    """List every output and parameter that an environment publishes."""
    from constructs_lib.payments.outputs import table

    click.echo(table(), nl=False)


@command("payctl plan dev", "payctl plan prod --local", "payctl plan dev --out dev.tfplan")
@click.argument("environment")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Keep the plan in this file, for `payctl review`."
)
@LOCAL
def plan(environment: str, out: Path | None, local: bool) -> int:
    """Show what a deployment would change."""
    from ops.deployment.deploy import plan

    return plan(environment, local=local, out=out)


@command(
    "payctl plan dev --out dev.tfplan; payctl review dev=dev.tfplan",
    "payctl review dev=dev.json prod=prod.json --out comment.md --out review.sarif",
    "payctl review plan.json --waive 'aws_sqs_queue.old=empty since May until 2027-01-31'",
)
@click.argument("plans", nargs=-1, required=True, metavar="[NAME=]PLAN...")
@click.option(
    "--stack",
    "stack_dir",
    type=click.Path(path_type=Path),
    help="The stack's folder, in which the plan was made.",
)
@click.option(
    "--out",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Also write it: a .txt, .md, .html, .sarif or .json file.",
)
@click.option("--waive", multiple=True, metavar="WAIVER", help="ADDRESS=REASON until YYYY-MM-DD")
@click.option(
    "--waivers",
    "waiver_files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file of waivers, one a line.",
)
@click.option("--checkov", multiple=True, metavar="[NAME=]FILE", help="Findings: checkov --output json.")
@click.option(
    "--checkov-baseline", "baseline", multiple=True, metavar="[NAME=]FILE", help="Findings before the change."
)
@JSON
def review(as_json: bool, **options: Any) -> int:
    """Say what a plan means for data, doors and payments.

    A PLAN is the JSON of `terraform show -json`, or a saved plan. NAME is its environment's.

    \b
    Exit codes:
      0  SAFE, or nothing to do
      2  REVIEW or DANGEROUS: needs a person
      3  BLOCKED: not to be applied as it is
      1  failed
    """
    from ops.review.command import command

    return command(as_json=as_json, **options)


@command("payctl check prod", "payctl check dev --local --json")
@click.argument("environment")
@LOCAL
@JSON
def check(environment: str, local: bool, as_json: bool) -> int:
    """Check an environment's plan by Checkov."""
    from ops.policy.check import check

    return check(environment, local=local, as_json=as_json)


@command("payctl deploy dev", "payctl deploy prod --yes")
@click.argument("environment")
@LOCAL
@YES
def deploy(environment: str, local: bool, yes: bool) -> int:
    """Plan, ask, and apply exactly that plan."""
    from ops.deployment.deploy import deploy

    return deploy(environment, local=local, yes=yes)


@command("payctl destroy pr7255", "payctl destroy dev --local --yes")
@click.argument("environment")
@LOCAL
@YES
def destroy(environment: str, local: bool, yes: bool) -> int:
    """Destroy an environment that is not protected."""
    from ops.deployment.deploy import destroy

    return destroy(environment, local=local, yes=yes)


@command(
    "payctl adopt dev --from ../network/terraform.tfstate",
    "payctl adopt dev --from ../network --write",
    "payctl adopt dev --from ../network --blocks removed > ../network/removed.tf",
    "payctl adopt dev --release",
)
@click.argument("environment")
@click.option("--from", "source", help="A state, `terraform show -json` of one, a Terraform root, or live.")
@click.option("--write", is_flag=True, help="Write the lines under [estate.adopt] of envs/ENVIRONMENT.toml.")
@click.option("--keep", is_flag=True, help="Leave every difference as it is, for now.")
@click.option(
    "--blocks", type=click.Choice(["removed", "imports"]), help="Only the HCL: to hand over, or to take back."
)
@click.option("--release", is_flag=True, help="The way back: forget what was adopted, destroy nothing.")
@LOCAL
@YES
@JSON
def adopt(
    environment: str,
    source: str | None,
    write: bool,
    keep: bool,
    blocks: str | None,
    release: bool,
    local: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Take over what exists already instead of making it anew."""
    from ops.deployment import adopt as estate

    if release:
        return estate.release(environment, local=local, yes=yes)
    if source is None:
        raise click.UsageError("Say where the estate is: --from STATE.json, a Terraform root, or live.")
    return estate.adopt(
        environment, source=source, local=local, write=write, keep=keep, blocks=blocks, as_json=as_json
    )


@command("payctl backend dev", "payctl backend unlock dev")
@click.argument("words", nargs=-1, required=True, metavar="[unlock] ENVIRONMENT")
@LOCAL
@YES
def backend(words: tuple[str, ...], local: bool, yes: bool) -> int:
    """Create or repair what keeps the state, or free its lock."""
    from ops.terraform.backend import command

    return command(words, local=local, yes=yes)


@cli.group(no_args_is_help=True)
def keys() -> None:
    """Issue, list and revoke merchants' API keys."""


@command(
    "payctl keys create dev --merchant acme",
    "payctl keys create dev --merchant acme --scope payments:read",
    group=keys,
)
@click.argument("environment")
@click.option("--merchant", required=True, help="Whose key it is.")
@click.option("--scope", "scopes", multiple=True, help="What it may do; everything by default.")
@LOCAL
@JSON
def create(environment: str, merchant: str, scopes: tuple[str, ...], local: bool, as_json: bool) -> int:
    """Issue a key; its credential is shown once."""
    from ops.operation.keys import create

    return create(environment, merchant=merchant, scopes=scopes, local=local, as_json=as_json)


@command("payctl keys list dev", "payctl keys list dev --merchant acme --json", group=keys)
@click.argument("environment")
@click.option("--merchant", help="Only the keys of this one.")
@LOCAL
@JSON
def list_cmd(environment: str, merchant: str | None, local: bool, as_json: bool) -> int:
    """Show the keys, never their credentials.

    Whose each is, what it may do, and which version of the pepper verifies it.
    """
    from ops.operation.keys import show

    return show(environment, merchant=merchant, local=local, as_json=as_json)


@command("payctl keys revoke dev AbcdefGhijkl", group=keys)
@click.argument("environment")
@click.argument("key_id", metavar="KEY")
@LOCAL
@JSON
def revoke(environment: str, key_id: str, local: bool, as_json: bool) -> int:
    """Take a key out of force.

    KEY is its id, never the whole credential. API Gateway remembers for 60 seconds what it allowed.
    """
    from ops.operation.keys import revoke

    return revoke(environment, key_id, local=local, as_json=as_json)


@command("payctl docs", "payctl docs --serve", "payctl docs --out reference.html")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the page.")
@click.option("--serve", is_flag=True, help="Show it at http://127.0.0.1:8080/docs instead.")
@click.option("--port", default=8080, show_default=True, help="For --serve; 0 takes any free one.")
def docs(out: Path | None, serve: bool, port: int) -> int:
    """Write the API's documentation as one page, or show it."""
    from ops.api_docs.command import docs

    return docs(out=out, serve=serve, port=port)


@command("payctl cost prod", "payctl cost dev --json")
@click.argument("environment")
@JSON
def cost(environment: str, as_json: bool) -> int:
    """Say what an environment costs at its stated volume."""
    from ops.cost.command import cost

    return cost(environment, as_json=as_json)


@command(
    "payctl ci plan prod --out review",
    "payctl ci comment prod --text review/review.md",
    "payctl ci apply-approved prod --approved HASH",
    "payctl ci drift prod",
)
@click.argument("verb", type=click.Choice(["plan", "comment", "apply-approved", "drift"]))
@click.argument("environment")
@click.option("--out", type=Path, default=Path("review"), help="plan: the folder for the review.")
@click.option("--text", type=Path, default=Path("review/review.md"), help="comment: the review to post.")
@click.option("--change", type=int, help="comment: the pull request, if not that of the event.")
@click.option("--approved", default="", help="apply-approved: the hash of the plan that was approved.")
@LOCAL
def ci(
    verb: str, environment: str, out: Path, text: Path, change: int | None, approved: str, local: bool
) -> int:
    """Run a step of a CI workflow; docs/ci.md has the workflows."""
    from ops.ci import command

    if verb == "plan":
        return command.plan(environment, out=out, local=local)
    if verb == "comment":
        return command.comment(environment, text=text, change=change)
    if verb == "drift":
        return command.drift(environment, local=local)
    return command.apply_approved(environment, approved=approved, local=local)


@command("payctl dlq list dev", "payctl dlq redrive dev --queue webhooks --local")
@click.argument("verb", type=click.Choice(["list", "redrive"]))
@click.argument("environment")
@click.option(
    "--queue",
    type=click.Choice([*QUEUES, UNDELIVERED]),
    help="Only its dead letters; those of all queues by default.",
)
@LOCAL
@JSON
def dlq(verb: str, environment: str, queue: str | None, local: bool, as_json: bool) -> int:
    """List messages that nobody could process, or send them back."""
    from ops.operation import dead_letters

    run = {"list": dead_letters.show, "redrive": dead_letters.redrive}[verb]
    return run(environment, queue=queue, local=local, as_json=as_json)


@command("payctl ledger verify dev", "payctl ledger verify prod --json")
@click.argument("verb", type=click.Choice(["verify"]))
@click.argument("environment")
@LOCAL
@JSON
def ledger(verb: str, environment: str, local: bool, as_json: bool) -> int:
    """Check that payments, ledger entries and refunds agree."""
    from ops.operation.ledger import verify

    return verify(environment, local=local, as_json=as_json)


@command("payctl test", "payctl test unit", "payctl test integration -k adoption", passes_on_options=True)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[unit|integration] [PYTEST ARGUMENTS]...")
def test(words: tuple[str, ...]) -> int:
    """Run every test, or a part of them."""
    from ops.testing import PARTS, test

    part = bool(words) and words[0] in PARTS
    return test(words[0] if part else "all", words[part:])


@command("payctl bench", "payctl bench start --json")
@click.argument("names", nargs=-1, type=click.Choice(["synth", "start", "review", "up", "unit"]))
@JSON
def bench(names: tuple[str, ...], as_json: bool) -> int:
    """Measure the project's own speed."""
    from ops.benchmarks.figures import report

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
