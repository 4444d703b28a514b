"""The command line: each command, its parameters, and the parts of the checkout that it needs."""

import os
import signal
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from constructs_lib.payments.registry import QUEUES, UNDELIVERED
from ops import checkout
from ops.errors import BUG, Problem, interruption_code

VERSION = "0.1.0"
EXIT_CODES = """\b
Exit codes:
  0    done; for plan: nothing to change
  1    failed: the message states the cause and what to do
  2    a person is needed: wrong usage, changes to review, a lock, credentials
  3    review and ci plan: blocked
  70   a bug of payctl, logged in .payctl/logs
  130  interrupted by Ctrl-C; 143 by SIGTERM
"""
TEST_PARTS = ("unit", "integration")


class Command(click.Command):
    """Represents a command whose function is imported only when the command runs.

    `runs` is `module:function`, called with the parameters; its return value is the exit code, None for 0.
    """

    def __init__(self, name: str, *, runs: str, needs: Sequence[str], **settings: Any) -> None:
        super().__init__(name, callback=self._run, **settings)
        self.runs = runs
        self.needs = needs

    def function(self) -> Callable[..., int | None]:
        """Imports and returns the function."""
        module, _, name = self.runs.partition(":")
        found: Callable[..., int | None] = getattr(import_module(module), name)
        return found

    def _run(self, **values: Any) -> int | None:
        need(*self.needs, *(["emulator"] if values.get("local") else []))
        return self.function()(**values)


class DefaultGroup(click.Group):
    """Represents a group whose subcommand `create` may be omitted."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Inserts `create` before arguments that begin with another word."""
        if arguments and arguments[0] not in {*self.commands, *context.help_option_names}:
            arguments = ["create", *arguments]
        return super().parse_args(context, arguments)


cli = click.Group(
    help="Deploys payment infrastructure on AWS, operates it, and runs all of it on this machine.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=EXIT_CODES,
    no_args_is_help=True,
)
click.version_option(VERSION, prog_name="payctl")(cli)


def group(name: str, text: str, kind: type[click.Group] = click.Group, **settings: Any) -> None:
    """Adds a group, which shows its help where no subcommand is named."""
    cli.add_command(kind(name, help=text, no_args_is_help=True, **settings))


def command(
    path: str,
    runs: str,
    text: str,
    parameters: Sequence[click.Parameter] = (),
    *,
    examples: Sequence[str] = (),
    needs: Sequence[str] = (),
    **settings: Any,
) -> None:
    """Adds a command; `path` is its name after that of its group.

    `examples` follow `payctl` in the help; by default they are made from the path and the parameters.
    `needs`: the parts of ops/setup/prepare.py that are prepared before, `.venv` excepted; with `--local` also
    the emulator.
    """
    parent, _, name = path.rpartition(" ")
    usual = f"{path} dev" if ENVIRONMENT in parameters else path
    flags = [f"{usual} {it.opts[0]}" for it in parameters if isinstance(it, click.Option) and it.is_flag]
    shown = "".join(f"  $ payctl {example}\n" for example in examples or (usual, *flags))
    made = Command(
        name,
        runs=runs,
        needs=needs,
        help=text,
        params=list(parameters),
        epilog=f"\b\nExamples:\n{shown}",
        **settings,
    )
    holder = cli.commands[parent] if parent else cli
    assert isinstance(holder, click.Group)
    holder.add_command(made)


def flag(name: str, text: str, **settings: Any) -> click.Option:
    """Returns an option without a value."""
    return click.Option([name], is_flag=True, help=text, **settings)


def option(name: str, text: str, *, to: str = "", **settings: Any) -> click.Option:
    """Returns an option with a value; `to` is the function's parameter where the name differs."""
    return click.Option([name, *([to] if to else [])], help=text, **settings)


def words(name: str, metavar: str = "", **settings: Any) -> click.Argument:
    """Returns an argument that may be repeated or omitted."""
    return click.Argument([name], nargs=-1, metavar=metavar or None, **settings)


def need(*parts: str) -> None:
    """Prepares parts of the checkout, if `payctl` started this process."""
    prepare = click.get_current_context().obj
    if prepare and parts:
        prepare(parts)


def setup(parts: tuple[str, ...]) -> None:
    """Prepares all parts, or the named ones."""
    need(*(parts or ("tests", "modules", "emulator", "policy")))
    click.echo("Prepared: " + ", ".join(parts or ("everything",)))


def outputs() -> None:
    """Prints a table of outputs and parameters."""
    from constructs_lib.payments.outputs import table

    click.echo(table(), nl=False)


def adopt(*, release: bool, yes: bool, **options: Any) -> int:
    """Adopts resources, or releases adopted ones."""
    from ops.deployment import adopt as estate

    if release:
        return estate.release(options["name"], local=options["local"], yes=yes)
    return estate.adopt(**options)


def test(words: tuple[str, ...]) -> int:
    """Runs tests. Unit tests need Python packages alone."""
    from ops.testing import test

    if words[:1] != ("unit",):
        need("modules", "emulator", "policy")
    return test(words[0], words[1:]) if words[:1] and words[0] in TEST_PARTS else test("all", words)


def check_source(context: click.Context, _: click.Parameter, release: bool) -> bool:
    """Rejects `adopt` without `--from` and `--release`, before anything is prepared."""
    if not release and context.params.get("source") is None:  # declared, and so processed, before
        raise click.UsageError("Name the existing estate: --from STATE.json, a Terraform root, or live.")
    return release


def check_tests(_: click.Context, __: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
    """Rejects a first word that pytest would not find, before anything is prepared."""
    first = words[0] if words else "unit"
    file = checkout.ROOT / first.partition("::")[0]
    if not (first.startswith("-") or first in TEST_PARTS or file.exists()):
        raise click.UsageError(f"{first} is not unit, integration, a pytest option or a test file.")
    return words


FILE = click.Path(path_type=Path)
ENVIRONMENT = click.Argument(["name"], metavar="ENVIRONMENT")
LOCAL = flag("--local", "Use local AWS instead of an account.")
YES = flag("--yes", "Do not ask for confirmation.")
JSON = click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object.")
QUEUE = option(
    "--queue", "Only dead letters of this queue; all by default.", type=click.Choice([*QUEUES, UNDELIVERED])
)
command(
    "doctor",
    "ops.setup.doctor:doctor",
    "Shows which tools are installed, and how to get the missing ones.",
    [JSON],
)
command(
    "setup",
    "ops.cli:setup",
    "Prepares everything now, or only the named parts.",
    [words("parts", type=click.Choice(["tools", "modules", "tests", "emulator", "policy"]))],
    examples=["setup", "setup tests"],
)
command(
    "env",
    "ops.deployment.env:show",
    """Prints shell lines that set variables for cdktf and terraform.

    For example: eval "$(payctl env)" && cdktf deploy payments-dev
    """,
    [flag("--local", "Also direct AWS clients to local AWS.")],
    needs=["modules"],
)
command(
    "pins",
    "ops.setup.pins:pins",
    "Compiles the pin files from the .in files and package.json.",
    [flag("--upgrade", "Pin the newest versions that the .in files allow.")],
)
command(
    "up",
    "ops.deployment.up:up",
    "Runs an entire environment on this machine and takes a payment.",
    [option("--env", "The environment to run.", to="name", default="dev", show_default=True), JSON],
    examples=["up", "up --env prod", "up --json"],
    needs=["emulator"],
)
command("down", "ops.deployment.local:down", "Stops local AWS and deletes everything in it.")

group("local", "Starts, stops, empties or inspects local AWS.")
command(
    "local start",
    "ops.deployment.local:start",
    "Starts local AWS unless it runs.",
    [JSON],
    needs=["emulator"],
)
command("local stop", "ops.deployment.local:down", "Stops local AWS and deletes everything in it.")
command(
    "local reset",
    "ops.deployment.local:reset",
    "Deletes everything in local AWS, which keeps running.",
    [JSON],
    needs=["emulator"],
)
command(
    "local status",
    "ops.deployment.local:status",
    "Shows the endpoint of local AWS; exits with 1 if it does not run.",
    [JSON],
)
command("local logs", "ops.deployment.local:logs", "Prints the log of local AWS, functions included.")
command(
    "synth",
    "ops.terraform.synth:show",
    "Synthesizes environments, all of envs/ by default.",
    [words("names", "[ENVIRONMENT]...")],
    examples=["synth", "synth dev pr7255"],
)
command(
    "module",
    "ops.deployment.module:module",
    "Writes the stack as a plain Terraform module.",
    [
        click.Argument(["out"], metavar="FOLDER", type=FILE),
        option("--env", "Use the settings of this environment, or --generic.", to="name", required=True),
        option("--generic", "Use the default settings.", to="name", flag_value="generic"),
        option(
            "--use",
            "A resource that the calling root module passes; repeat for more.",
            to="uses",
            multiple=True,
            type=click.Choice(["network", "key", "topics", "log-bucket"]),
        ),
        JSON,
    ],
    examples=[
        "module --generic ../modules/payments",
        "module --env prod ../modules/payments-of-prod",
        "module --generic --use network --use key ../modules/payments",
    ],
)
command("outputs", "ops.cli:outputs", "Lists every output and parameter that an environment publishes.")
command(
    "plan",
    "ops.deployment.deploy:plan",
    "Shows what a deployment would change.",
    [ENVIRONMENT, option("--out", "Save the plan in this file, for `payctl review`.", type=FILE), LOCAL],
    examples=["plan dev", "plan prod --local", "plan dev --out dev.tfplan"],
)
command(
    "review",
    "ops.review.command:command",
    """Assesses what a plan changes for data, access and payments.

    A PLAN is the JSON of `terraform show -json`, or a saved plan. NAME is its environment.

    \b
    Exit codes:
      0  SAFE, or nothing to do
      2  REVIEW or DANGEROUS: a person has to decide
      3  BLOCKED: must not be applied unchanged
      1  failed
    """,
    [
        words("plans", "[NAME=]PLAN...", required=True),
        option("--stack", "The folder of the stack in which the plan was made.", to="stack_dir", type=FILE),
        option(
            "--out",
            "Also write the review to a .txt, .md, .html, .sarif or .json file.",
            multiple=True,
            type=FILE,
        ),
        option("--waive", "ADDRESS=REASON until YYYY-MM-DD", multiple=True, metavar="WAIVER"),
        option("--waivers", "A file with one waiver a line.", to="waiver_files", multiple=True, type=FILE),
        option("--checkov", "Findings of checkov --output json.", multiple=True, metavar="[NAME=]FILE"),
        option(
            "--checkov-baseline",
            "Findings before the change.",
            to="baseline",
            multiple=True,
            metavar="[NAME=]FILE",
        ),
        JSON,
    ],
    examples=[
        "plan dev --out dev.tfplan; payctl review dev=dev.tfplan",
        "review dev=dev.json prod=prod.json --out comment.md --out review.sarif",
        "review plan.json --waive 'aws_sqs_queue.old=empty since May until 2027-01-31'",
    ],
    needs=["modules"],
)
command(
    "check",
    "ops.policy.check:check",
    "Checks the plan of an environment with Checkov.",
    [ENVIRONMENT, LOCAL, JSON],
    needs=["policy"],
)
command(
    "deploy",
    "ops.deployment.deploy:deploy",
    "Plans, asks for confirmation, and applies exactly that plan.",
    [ENVIRONMENT, LOCAL, YES],
)
command(
    "destroy",
    "ops.deployment.deploy:destroy",
    "Destroys an unprotected environment.",
    [ENVIRONMENT, LOCAL, YES],
    examples=["destroy pr7255", "destroy dev --local --yes"],
)
command(
    "adopt",
    "ops.cli:adopt",
    "Takes over existing resources instead of creating them.",
    [
        ENVIRONMENT,
        option("--from", "A state, its `terraform show -json`, a Terraform root, or live.", to="source"),
        flag("--write", "Write [estate.adopt] of envs/ENVIRONMENT.toml."),
        flag("--keep", "Keep every difference for now."),
        option(
            "--blocks",
            "Print only the HCL that hands resources over, or takes them back.",
            type=click.Choice(["removed", "imports"]),
        ),
        flag(
            "--release", "Remove adopted resources from the state; destroys nothing.", callback=check_source
        ),
        LOCAL,
        YES,
        JSON,
    ],
    examples=[
        "adopt dev --from ../network/terraform.tfstate",
        "adopt dev --from ../network --write",
        "adopt dev --from ../network --blocks removed > ../network/removed.tf",
        "adopt dev --release",
    ],
)

group(
    "backend",
    "Creates or repairs the state backend, or frees its locks.",
    DefaultGroup,
    subcommand_metavar="[create|unlock] ENVIRONMENT",
)
command(
    "backend create",
    "ops.terraform.backend:create",
    "Creates or repairs state bucket, lock table and workspace.",
    [ENVIRONMENT, LOCAL],
    examples=["backend dev", "backend create dev --local"],
)
command(
    "backend unlock",
    "ops.terraform.backend:unlock",
    "Shows who holds the locks on the state and on the backend's own state, and frees them.",
    [ENVIRONMENT, LOCAL, YES],
)

group("keys", "Issues, lists and revokes API keys of merchants.")
command(
    "keys create",
    "ops.operation.keys:create",
    "Issues a key; the credential is shown only once.",
    [
        ENVIRONMENT,
        option("--merchant", "The merchant who owns the key.", required=True),
        option("--scope", "An allowed scope; all by default.", to="scopes", multiple=True),
        LOCAL,
        JSON,
    ],
    examples=["keys create dev --merchant acme", "keys create dev --merchant acme --scope payments:read"],
)
command(
    "keys list",
    "ops.operation.keys:show",
    "Lists keys with merchant, scopes and pepper version, never credentials.",
    [ENVIRONMENT, option("--merchant", "Only keys of this merchant."), LOCAL, JSON],
    examples=["keys list dev", "keys list dev --merchant acme --json"],
)
command(
    "keys revoke",
    "ops.operation.keys:revoke",
    """Revokes a key.

    KEY is its id, never the whole credential. API Gateway caches an authorization for 60 seconds.
    """,
    [ENVIRONMENT, click.Argument(["key_id"], metavar="KEY"), LOCAL, JSON],
    examples=["keys revoke dev AbcdefGhijkl"],
)
command(
    "docs",
    "ops.api_docs.command:docs",
    "Writes the API documentation as one page, or serves it.",
    [
        option("--out", "The file to write.", type=click.Path(dir_okay=False, path_type=Path)),
        flag("--serve", "Serve it at http://127.0.0.1:8080 instead."),
        option(
            "--port",
            "For --serve; 0 chooses a free port.",
            type=click.IntRange(0, 65535),
            default=8080,
            show_default=True,
        ),
    ],
    needs=["modules"],
    examples=["docs", "docs --serve", "docs --out reference.html"],
)
command(
    "cost",
    "ops.cost.command:cost",
    "Estimates the cost of an environment at its configured volume.",
    [ENVIRONMENT, JSON],
)

group("ci", "Runs a step of a CI workflow; docs/ci.md has the workflows.")
command(
    "ci plan",
    "ops.ci.command:plan",
    "Plans, and writes the review; exits with 3 if it is blocked.",
    [
        ENVIRONMENT,
        option("--out", "The folder to write.", type=FILE, default="review", show_default=True),
        LOCAL,
    ],
    examples=["ci plan prod --out review"],
    needs=["modules", "policy"],
)
command(
    "ci comment",
    "ops.ci.command:comment",
    "Posts a review on the pull request, or updates it there.",
    [
        ENVIRONMENT,
        option("--text", "The review to post.", type=FILE, default="review/review.md", show_default=True),
        option("--change", "The pull request; that of the event by default.", type=int),
    ],
    examples=["ci comment prod --text review/review.md"],
)
command(
    "ci apply-approved",
    "ops.ci.command:apply_approved",
    "Plans again, and applies only the approved plan; exits with 2 if the plan is another one.",
    [ENVIRONMENT, option("--approved", "The hash of the approved plan.", required=True), LOCAL],
    examples=["ci apply-approved prod --approved HASH"],
)
command(
    "ci drift",
    "ops.ci.command:drift",
    "Searches for drift, and keeps one issue about it; exits with 2 if there is any.",
    [ENVIRONMENT, LOCAL],
)

group("dlq", "Lists or redrives messages that could not be processed.")
command(
    "dlq list",
    "ops.operation.dead_letters:show",
    "Lists dead letters with id and reason, never bodies.",
    [ENVIRONMENT, QUEUE, LOCAL, JSON],
)
command(
    "dlq redrive",
    "ops.operation.dead_letters:redrive",
    "Sends dead letters back to their queues.",
    [ENVIRONMENT, QUEUE, LOCAL, JSON],
    examples=["dlq redrive dev", "dlq redrive dev --queue webhooks --local"],
)

group("ledger", "Verifies the ledger of an environment.")
command(
    "ledger verify",
    "ops.operation.ledger:verify",
    "Checks that payments, ledger entries and refunds agree.",
    [ENVIRONMENT, LOCAL, JSON],
)
command(
    "test",
    "ops.cli:test",
    "Runs all tests, or a part of them.",
    [
        words(
            "words", "[unit|integration] [PYTEST ARGUMENTS]...", type=click.UNPROCESSED, callback=check_tests
        )
    ],
    context_settings={"ignore_unknown_options": True},
    examples=["test", "test unit", "test integration -k adoption"],
    needs=["tests"],
)
command(
    "bench",
    "ops.benchmarks.figures:report",
    "Measures the speed of synthesis, review, functions and tests.",
    [words("names", type=click.Choice(["synth", "start", "review", "up", "unit"])), JSON],
    needs=["tests", "modules", "emulator"],
)


def launch() -> int:
    """Runs the command line for `payctl`, which prepared `.venv` and leaves the other parts to commands."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the launcher had switched it off
    from ops.setup.prepare import prepare

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
