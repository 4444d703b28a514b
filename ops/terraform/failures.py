"""One sentence and a hint for the output of a failed Terraform run."""

import re
from dataclasses import dataclass
from pathlib import Path

from constructs_lib.state.layout import BACKEND_STACK
from ops.errors import FAILED, NEEDS_PERSON, Problem

FRAME = re.compile(r"^[│╷╵] ?", re.MULTILINE)
LOCK_FIELDS = re.compile(r"^ *(ID|Operation|Who|Created): *(.*?) *$", re.MULTILINE)
SHOWN_LINES = 12
BACKEND = BACKEND_STACK.removeprefix("payments-")  # the state backend's own stack belongs to no environment


class Locked(Problem):
    """Represents a state that is locked, by a run or by what a killed run left."""


@dataclass(frozen=True)
class Known:
    """Represents a common failure: a pattern of the output, the sentence, the hint, the exit code."""

    pattern: str
    what: str
    hint: str
    code: int = FAILED


KNOWN = (
    Known(
        r"Failed to (query available provider packages|install provider)",
        "Terraform cannot get its provider: the registry is unreachable and this machine has no mirror.",
        "Check network and proxy, or name a folder written by `terraform providers mirror` in "
        "PAYCTL_PROVIDER_MIRROR; then run this again.",
    ),
    Known(
        r"No valid credential sources found|failed to refresh cached credentials|no EC2 IMDS role found",
        "There are no AWS credentials for this command.",
        "Sign in (aws sso login, or export AWS_PROFILE), or add --local for the AWS of this machine.",
        NEEDS_PERSON,
    ),
    Known(
        r"ExpiredToken|security token included in the request is (expired|invalid)|InvalidClientTokenId",
        "AWS refused the credentials: they are expired or wrong.",
        "Sign in again, then run this again.",
        NEEDS_PERSON,
    ),
    Known(
        r"S3 bucket .*does not exist|NoSuchBucket",
        "The state bucket does not exist.",
        "Create it: payctl backend {environment}",
    ),
    Known(
        r"Currently selected workspace .* does not exist",
        "The workspace of {environment} does not exist.",
        "Create it: payctl backend {environment}",
    ),
    Known(
        r"connection refused",
        "The endpoint of AWS refuses connections.",
        "If it is local AWS, start it: payctl up",
    ),
    Known(
        r"(EntityAlreadyExists|ResourceAlreadyExistsException|ParameterAlreadyExists|BucketAlreadyOwnedByYou)",
        "A resource of {environment} exists but is not in its state: an apply was killed.",
        "In local AWS start again: payctl down, then payctl up. In an account import it, or delete it there.",
    ),
    Known(
        r"Cannot import non-existent remote object|empty result\b.*[Ii]mport",
        "An id in [estate.adopt] of {environment} does not exist in this account and region.",
        "The log names it. Compare again: payctl adopt {environment} --from …",
        NEEDS_PERSON,
    ),
    Known(
        r"Instance cannot be destroyed",
        "The plan would destroy or replace a protected resource of {environment}. Nothing was changed.",
        "The log names it. For an adopted resource, payctl adopt {environment} --from … shows the cause.",
        NEEDS_PERSON,
    ),
    Known(
        r"Saved plan is stale",
        "The plan is older than the state: something was applied since it was made.",
        "Plan again, and review the new plan.",
        NEEDS_PERSON,
    ),
)


def problem(verb: str, stack_dir: Path, log: Path, output: str) -> Problem:
    """Returns the Problem of a failed `terraform <verb>` that printed `output`."""
    text = FRAME.sub("", output)
    environment = stack_dir.name.removeprefix("payments-")
    where = f"Full log: {log}"
    if re.search(r"Error acquiring the state lock|failed to lock s3 state", text):
        return _locked(text, environment, where)
    for known in KNOWN:
        if re.search(known.pattern, text):
            hint = f"{known.hint.format(environment=environment)}\n{where}"
            return Problem(known.what.format(environment=environment), hint=hint, code=known.code)
    return Problem(f"terraform {verb} failed for {environment}.", hint=f"{_first_error(text)}\n{where}")


def _locked(text: str, environment: str, where: str) -> Problem:
    """Without a Lock Info block there is no lock: the lock table or the bucket itself fails."""
    info = dict(LOCK_FIELDS.findall(text))
    if "ID" not in info:
        return Problem(f"The state of {environment} cannot be locked.", hint=f"{_first_error(text)}\n{where}")
    who, since = (
        info.get("Who") or "an unknown user",
        info.get("Created", "an unknown time").partition(".")[0],
    )
    operation = info.get("Operation", "").removeprefix("OperationType").lower() or "an operation"
    named = "ENVIRONMENT" if environment == BACKEND else environment
    return Locked(
        f"The state of {environment} is locked: {operation} by {who} since {since} UTC.",
        hint=f"If that run is over, free it with: payctl backend unlock {named}\n{where}",
        code=NEEDS_PERSON,
    )


def _first_error(text: str) -> str:
    error = text.partition("Error: ")[2]
    lines = error.splitlines()[:SHOWN_LINES] if error else text.splitlines()[-SHOWN_LINES:]
    return "\n".join(line.rstrip() for line in lines if line.strip())
