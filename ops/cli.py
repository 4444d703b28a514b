"""The command line. Each command imports its module only when it runs."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from constructs_lib.payments.registry import QUEUES, UNDELIVERED
from ops import checkout
from ops.errors import BUG, Problem, interruption_code

VERSION = "0.1.0"
GENERIC = "generic"  # the name of a module without an environment
EXIT_CODES = """\b
Exit codes:
  0    done; for plan: nothing to change
  1    failed: the message states the cause and what to do
  2    a person is needed: wrong usage, changes to review, a lock, credentials
  3    review and ci plan: blocked
  70   a bug of payctl, logged in .payctl/logs
  130  interrupted by Ctrl-C; 143 by SIGTERM
"""


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=EXIT_CODES,
    no_args_is_help=True,
)
@click.version_option(VERSION, prog_name="payctl")
def cli() -> None:
    """Payment infrastructure on AWS: deploy it, test it, run all of it on this machine."""


class Command(click.Command):
    """Represents a command and the parts of the checkout that must be prepared before it runs."""

    def __init__(self, *arguments: Any, needs: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.needs = needs

    def invoke(self, context: click.Context) -> Any:
        """Prepares the parts, with `--local` also the emulator, and runs the command."""
        need(*self.needs, *(["emulator"] if context.params.get("local") else []))
        return super().invoke(context)


class DefaultGroup(click.Group):
    """Represents a group whose subcommand `create` may be omitted."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Inserts `create` before arguments that begin with another word."""
        if arguments and arguments[0] not in {*self.commands, *context.help_option_names}:
            arguments = ["create", *arguments]
        return super().parse_args(context, arguments)


def command[**P, R](
    *examples: str,
    name: str | None = None,
    needs: Sequence[str] = (),
    passes_on_options: bool = False,
    group: click.Group = cli,
) -> Callable[[Callable[P, R]], click.Command]:
    """Registers a function as a command of a group; its return value is the exit code, None for 0.

    `examples` end the help. `needs`: the parts of ops/setup/prepare.py, `.venv` excepted. With
    `passes_on_options`, unknown options become arguments.
    """
    shown = "\b\nExamples:\n" + "".join(f"  $ {example}\n" for example in examples)
    settings = {"ignore_unknown_options": passes_on_options}
    return group.command(name, cls=Command, needs=needs, epilog=shown, context_settings=settings)


def need(*parts: str) -> None:
    """Prepares parts of the checkout, if `payctl` started this process."""
    prepare = click.get_current_context().obj
    if prepare and parts:
        prepare(parts)


@command("payctl doctor", "payctl doctor --json")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(as_json: bool) -> int:
    """Show which tools are installed, and how to get the missing ones."""
    from ops.setup.doctor import doctor

    return doctor(as_json=as_json)


@command("payctl setup", "payctl setup tests")
@click.argument("parts", nargs=-1, type=click.Choice(["tools", "modules", "tests", "emulator", "policy"]))
def setup(parts: tuple[str, ...]) -> None:
    """Prepare everything now, or only the named parts."""
    need(*(parts or ("tests", "modules", "emulator", "policy")))
    click.echo("Prepared: " + ", ".join(parts or ("everything",)))


@command(
    'eval "$(payctl env)" && cdktf deploy payments-dev',
    'eval "$(payctl env --local)" && aws s3 ls',
    needs=["modules"],
)
@click.option("--local", is_flag=True, help="Also direct AWS clients to local AWS.")
def env(local: bool) -> None:
    """Print the variables that cdktf and terraform need here."""
    from ops.deployment.env import lines

    click.echo("\n".join(lines(local=local)))


@command("payctl pins", "payctl pins --upgrade")
@click.option("--upgrade", is_flag=True, help="Pin the newest versions that the .in files allow.")
def pins(upgrade: bool) -> None:
    """Compile the pin files from the .in files and package.json."""
    from ops.setup.pins import pins

    pins(upgrade=upgrade)


LOCAL = click.option("--local", is_flag=True, help="Use local AWS instead of an account.")
YES = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@command("payctl up", "payctl up --env prod", "payctl up --json", needs=["emulator"])
@click.option("--env", "environment", default="dev", show_default=True, help="The environment to run.")
@JSON
def up(environment: str, as_json: bool) -> int:
    """Run an entire environment on this machine and take a payment."""
    from ops.deployment.up import up

    return up(environment, as_json=as_json)


@command("payctl down")
def down() -> int:
    """Stop local AWS and delete everything in it."""
    from ops.deployment.local import down

    return down()


@cli.group(no_args_is_help=True)
def local() -> None:
    """Start, stop, empty or inspect local AWS."""


@command("payctl local start", "payctl local start --json", group=local, needs=["emulator"])
@JSON
def start(as_json: bool) -> int:
    """Start local AWS unless it runs."""
    from ops.deployment.local import start

    return start(as_json=as_json)


@command("payctl local stop", group=local)
def stop() -> int:
    """Stop local AWS and delete everything in it."""
    from ops.deployment.local import down

    return down()


@command("payctl local reset", group=local, needs=["emulator"])
@JSON
def reset(as_json: bool) -> int:
    """Delete everything in local AWS; it keeps running."""
    from ops.deployment.local import reset

    return reset(as_json=as_json)


@command("payctl local status", "payctl local status --json", group=local)
@JSON
def status(as_json: bool) -> int:
    """Show the endpoint of local AWS; exits with 1 if it does not run."""
    from ops.deployment.local import status

    return status(as_json=as_json)


@command("payctl local logs", group=local)
def logs() -> int:
    """Print the log of local AWS, functions included."""
    from ops.deployment.local import logs

    return logs()


@command("payctl synth", "payctl synth dev pr7255")
@click.argument("environments", nargs=-1)
def synth(environments: tuple[str, ...]) -> None:
    """Synthesize environments, all of envs/ by default."""
    from ops.terraform.synth import synth

    click.echo("\n".join(str(path) for path in synth(environments)))


@command(
    "payctl module --generic ../modules/payments",
    "payctl module --env prod ../modules/payments-of-prod",
    "payctl module --generic --use network --use key ../modules/payments",
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--env", "environment", required=True, help="Use the settings of this environment, or --generic."
)
@click.option("--generic", "environment", flag_value=GENERIC, help="Use the default settings.")
@click.option(
    "--use",
    "uses",
    multiple=True,
    type=click.Choice(["network", "key", "topics", "log-bucket"]),
    help="A resource that the calling root module passes; repeat for more.",
)
@JSON
def module(folder: Path, environment: str, uses: tuple[str, ...], as_json: bool) -> int:
    """Write the stack as a plain Terraform module."""
    from ops.deployment.module import module

    return module(None if environment == GENERIC else environment, folder, uses=uses, as_json=as_json)


@command("payctl outputs")
def outputs() -> None:
    """List every output and parameter that an environment publishes."""
    from constructs_lib.payments.outputs import table

    click.echo(table(), nl=False)


@command("payctl plan dev", "payctl plan prod --local", "payctl plan dev --out dev.tfplan")
@click.argument("environment")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Save the plan in this file, for `payctl review`."
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
    needs=["modules"],
)
@click.argument("plans", nargs=-1, required=True, metavar="[NAME=]PLAN...")
@click.option(
    "--stack",
    "stack_dir",
    type=click.Path(path_type=Path),
    help="The folder of the stack in which the plan was made.",
)
@click.option(
    "--out",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Also write the review to a .txt, .md, .html, .sarif or .json file.",
)
@click.option("--waive", multiple=True, metavar="WAIVER", help="ADDRESS=REASON until YYYY-MM-DD")
@click.option(
    "--waivers",
    "waiver_files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file with one waiver a line.",
)
@click.option("--checkov", multiple=True, metavar="[NAME=]FILE", help="Findings of checkov --output json.")
@click.option(
    "--checkov-baseline", "baseline", multiple=True, metavar="[NAME=]FILE", help="Findings before the change."
)
@JSON
def review(as_json: bool, **options: Any) -> int:
    """Assess what a plan changes for data, access and payments.

    A PLAN is the JSON of `terraform show -json`, or a saved plan. NAME is its environment.

    \b
    Exit codes:
      0  SAFE, or nothing to do
      2  REVIEW or DANGEROUS: a person has to decide
      3  BLOCKED: must not be applied unchanged
      1  failed
    """
    from ops.review.command import command

    return command(as_json=as_json, **options)


@command("payctl check prod", "payctl check dev --local --json", needs=["policy"])
@click.argument("environment")
@LOCAL
@JSON
def check(environment: str, local: bool, as_json: bool) -> int:
    """Check the plan of an environment with Checkov."""
    from ops.policy.check import check

    return check(environment, local=local, as_json=as_json)


@command("payctl deploy dev", "payctl deploy prod --yes")
@click.argument("environment")
@LOCAL
@YES
def deploy(environment: str, local: bool, yes: bool) -> int:
    """Plan, ask for confirmation, and apply exactly that plan."""
    from ops.deployment.deploy import deploy

    return deploy(environment, local=local, yes=yes)


@command("payctl destroy pr7255", "payctl destroy dev --local --yes")
@click.argument("environment")
@LOCAL
@YES
def destroy(environment: str, local: bool, yes: bool) -> int:
    """Destroy an unprotected environment."""
    from ops.deployment.deploy import destroy

    return destroy(environment, local=local, yes=yes)


def _require_source(context: click.Context, _: click.Parameter, release: bool) -> bool:
    """Refuses a command line without --from: declared before, its value is known here."""
    if not release and context.params.get("source") is None:
        raise click.UsageError("Name the existing estate: --from STATE.json, a Terraform root, or live.")
    return release


@command(
    "payctl adopt dev --from ../network/terraform.tfstate",
    "payctl adopt dev --from ../network --write",
    "payctl adopt dev --from ../network --blocks removed > ../network/removed.tf",
    "payctl adopt dev --release",
)
@click.argument("environment")
@click.option("--from", "source", help="A state, its `terraform show -json`, a Terraform root, or `live`.")
@click.option("--write", is_flag=True, help="Write [estate.adopt] of envs/ENVIRONMENT.toml.")
@click.option("--keep", is_flag=True, help="Keep every difference for now.")
@click.option(
    "--blocks",
    type=click.Choice(["removed", "imports"]),
    help="Print only the HCL that hands resources over, or takes them back.",
)
@click.option(
    "--release",
    is_flag=True,
    callback=_require_source,
    help="Remove adopted resources from the state; destroys nothing.",
)
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
    """Take over existing resources instead of creating them."""
    from ops.deployment import adopt as estate

    if release:
        return estate.release(environment, local=local, yes=yes)
    return estate.adopt(
        environment, source=source or "", local=local, write=write, keep=keep, blocks=blocks, as_json=as_json
    )


@cli.group(cls=DefaultGroup, no_args_is_help=True, subcommand_metavar="[create|unlock] ENVIRONMENT")
def backend() -> None:
    """Create or repair the state backend, or free its locks."""


@command("payctl backend dev", "payctl backend create dev --local", group=backend, name="create")
@click.argument("environment")
@LOCAL
def create_backend(environment: str, local: bool) -> int:
    """Create or repair state bucket, lock table and workspace."""
    from ops.terraform.backend import create

    return create(environment, local=local)


@command("payctl backend unlock dev", "payctl backend unlock dev --yes", group=backend)
@click.argument("environment")
@LOCAL
@YES
def unlock(environment: str, local: bool, yes: bool) -> int:
    """Show who holds the locks, and free them.

    Looks at the state of the environment and at the backend's own.
    """
    from ops.terraform.backend import unlock

    return unlock(environment, local=local, yes=yes)


@cli.group(no_args_is_help=True)
def keys() -> None:
    """Issue, list and revoke API keys of merchants."""


@command(
    "payctl keys create dev --merchant acme",
    "payctl keys create dev --merchant acme --scope payments:read",
    group=keys,
)
@click.argument("environment")
@click.option("--merchant", required=True, help="The merchant who owns the key.")
@click.option("--scope", "scopes", multiple=True, help="An allowed scope; all by default.")
@LOCAL
@JSON
def create(environment: str, merchant: str, scopes: tuple[str, ...], local: bool, as_json: bool) -> int:
    """Issue a key; the credential is shown only once."""
    from ops.operation.keys import create

    return create(environment, merchant=merchant, scopes=scopes, local=local, as_json=as_json)


@command("payctl keys list dev", "payctl keys list dev --merchant acme --json", group=keys)
@click.argument("environment")
@click.option("--merchant", help="Only keys of this merchant.")
@LOCAL
@JSON
def list_cmd(environment: str, merchant: str | None, local: bool, as_json: bool) -> int:
    """List keys with merchant, scopes and pepper version, never credentials."""
    from ops.operation.keys import show

    return show(environment, merchant=merchant, local=local, as_json=as_json)


@command("payctl keys revoke dev AbcdefGhijkl", group=keys)
@click.argument("environment")
@click.argument("key_id", metavar="KEY")
@LOCAL
@JSON
def revoke(environment: str, key_id: str, local: bool, as_json: bool) -> int:
    """Revoke a key.

    KEY is its id, never the whole credential. API Gateway caches an authorization for 60 seconds.
    """
    from ops.operation.keys import revoke

    return revoke(environment, key_id, local=local, as_json=as_json)


@command("payctl docs", "payctl docs --serve", "payctl docs --out reference.html")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option("--serve", is_flag=True, help="Serve it at http://127.0.0.1:8080/docs instead.")
@click.option("--port", default=8080, show_default=True, help="For --serve; 0 chooses a free port.")
def docs(out: Path | None, serve: bool, port: int) -> int:
    """Write the API documentation as one page, or serve it."""
    from ops.api_docs.command import docs

    return docs(out=out, serve=serve, port=port)


@command("payctl cost prod", "payctl cost dev --json")
@click.argument("environment")
@JSON
def cost(environment: str, as_json: bool) -> int:
    """Estimate the cost of an environment at its configured volume."""
    from ops.cost.command import cost

    return cost(environment, as_json=as_json)


@cli.group(no_args_is_help=True)
def ci() -> None:
    """Run a step of a CI workflow; docs/ci.md has the workflows."""


@command("payctl ci plan prod --out review", group=ci, name="plan", needs=["modules", "policy"])
@click.argument("environment")
@click.option("--out", type=Path, default=Path("review"), show_default=True, help="The folder to write.")
@LOCAL
def ci_plan(environment: str, out: Path, local: bool) -> int:
    """Plan, and write the review; exits with 3 if it is blocked."""
    from ops.ci.command import plan

    return plan(environment, out=out, local=local)


@command("payctl ci comment prod --text review/review.md", group=ci)
@click.argument("environment")
@click.option(
    "--text", type=Path, default=Path("review/review.md"), show_default=True, help="The review to post."
)
@click.option("--change", type=int, help="The pull request; that of the event by default.")
def comment(environment: str, text: Path, change: int | None) -> int:
    """Post a review on the pull request, or update it there."""
    from ops.ci.command import comment

    return comment(environment, text=text, change=change)


@command("payctl ci apply-approved prod --approved HASH", group=ci)
@click.argument("environment")
@click.option("--approved", required=True, help="The hash of the approved plan.")
@LOCAL
def apply_approved(environment: str, approved: str, local: bool) -> int:
    """Plan again, and apply only the approved plan.

    Exits with 2 if the plan is another one.
    """
    from ops.ci.command import apply_approved

    return apply_approved(environment, approved=approved, local=local)


@command("payctl ci drift prod", group=ci)
@click.argument("environment")
@LOCAL
def drift(environment: str, local: bool) -> int:
    """Search for drift, and keep one issue about it.

    Exits with 2 if the environment has drifted.
    """
    from ops.ci.command import drift

    return drift(environment, local=local)


QUEUE = click.option(
    "--queue",
    type=click.Choice([*QUEUES, UNDELIVERED]),
    help="Only dead letters of this queue; all by default.",
)


@cli.group(no_args_is_help=True)
def dlq() -> None:
    """List or redrive messages that could not be processed."""


@command("payctl dlq list dev", "payctl dlq list dev --queue webhooks --json", group=dlq, name="list")
@click.argument("environment")
@QUEUE
@LOCAL
@JSON
def list_dead_letters(environment: str, queue: str | None, local: bool, as_json: bool) -> int:
    """List dead letters with id and reason, never bodies."""
    from ops.operation.dead_letters import show

    return show(environment, queue=queue, local=local, as_json=as_json)


@command("payctl dlq redrive dev", "payctl dlq redrive dev --queue webhooks --local", group=dlq)
@click.argument("environment")
@QUEUE
@LOCAL
@JSON
def redrive(environment: str, queue: str | None, local: bool, as_json: bool) -> int:
    """Send dead letters back to their queues."""
    from ops.operation.dead_letters import redrive

    return redrive(environment, queue=queue, local=local, as_json=as_json)


@cli.group(no_args_is_help=True)
def ledger() -> None:
    """Verify the ledger of an environment."""


@command("payctl ledger verify dev", "payctl ledger verify prod --json", group=ledger)
@click.argument("environment")
@LOCAL
@JSON
def verify(environment: str, local: bool, as_json: bool) -> int:
    """Check that payments, ledger entries and refunds agree."""
    from ops.operation.ledger import verify

    return verify(environment, local=local, as_json=as_json)


def _known_tests(_: click.Context, __: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
    first = words[0] if words else "unit"
    file = checkout.ROOT / first.partition("::")[0]
    if not (first.startswith("-") or first in ("unit", "integration") or file.exists()):
        raise click.UsageError(f"{first} is not unit, integration, a pytest option or a test file.")
    return words


@command(
    "payctl test",
    "payctl test unit",
    "payctl test integration -k adoption",
    needs=["tests", "modules", "emulator"],
    passes_on_options=True,
)
@click.argument(
    "words",
    nargs=-1,
    type=click.UNPROCESSED,
    callback=_known_tests,
    metavar="[unit|integration] [PYTEST ARGUMENTS]...",
)
def test(words: tuple[str, ...]) -> int:
    """Run all tests, or a part of them."""
    from ops.testing import PARTS, test

    part = bool(words) and words[0] in PARTS
    if words[:1] != ("unit",):
        need("policy")
    return test(words[0] if part else "all", words[part:])


@command("payctl bench", "payctl bench start --json", needs=["tests", "modules", "emulator"])
@click.argument("names", nargs=-1, type=click.Choice(["synth", "start", "review", "up", "unit"]))
@JSON
def bench(names: tuple[str, ...], as_json: bool) -> int:
    """Measure the speed of synthesis, review, functions and tests."""
    from ops.benchmarks.figures import report

    return report(names, as_json=as_json)


def launch() -> int:
    """Runs the command line for `payctl`, which prepared `.venv` and leaves the other parts to commands."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the launcher had switched it off

    def prepare(parts: Sequence[str]) -> None:
        from ops.setup.prepare import prepare

        prepare(parts)

    return main(prepare=prepare)


def main(
    arguments: Sequence[str] | None = None, *, prepare: Callable[[Sequence[str]], None] | None = None
) -> int:
    """Runs a command and returns its exit code; prints failures on stderr without a traceback.

    `prepare` is called with the parts that the command needs; without it nothing is prepared.
    """
    try:
        return cli.main(arguments, prog_name="payctl", standalone_mode=False, obj=prepare) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Problem as problem:
        _print_error(problem.what, problem.hint)
        return problem.code
    except (click.Abort, KeyboardInterrupt) as interruption:
        _print_error("Interrupted.")
        return interruption_code(interruption)
    except Exception as error:
        report = checkout.logs_folder() / "bug.log"
        report.write_text(f"{datetime.now().isoformat()} payctl {VERSION}\n{traceback.format_exc()}")
        _print_error(f"This is a bug of payctl: {type(error).__name__}: {error}", f"Details: {report}")
        return BUG


def _print_error(what: str, hint: str = "") -> None:
    click.secho(what, fg="red" if not os.environ.get("NO_COLOR") else None, err=True)
    if hint:
        click.echo(hint, err=True)
