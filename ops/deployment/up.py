"""`payctl up`: an entire environment in local AWS, and one payment through it."""

import json
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import click

from ops import checkout
from ops.deployment.deploy import apply_changes, environment_lock, initialize_stack
from ops.errors import Problem
from ops.estate.use import use
from ops.http import Answer, request
from ops.local import engine
from ops.operation import keys
from ops.progress import Waiting
from ops.run import background
from ops.target import Target, resolve_target
from ops.terraform import backend, terraform
from ops.terraform.synth import synthesize

MERCHANT = "demo"
PAYMENT = {"amount": 1999, "currency": "EUR", "payment_method": "pm_approved"}
BACKEND_SECONDS = 180
EVENT_SECONDS = 60
EVENTS = "events/"


def up(name: str = "dev", *, as_json: bool = False) -> int:
    """Deploys an environment to local AWS and takes a payment; a repeated run changes nothing."""
    began = time.monotonic()
    with Waiting("start local AWS"):
        target = resolve_target(name, local=True)
    with environment_lock(target):
        use.check(target)
        finishing = _begin_backend(target)
        synthesize(name, target.variables)
        if finishing is not None:
            _wait_for_backend(finishing, target)
        stack = initialize_stack(target)
        changed = apply_changes(target, stack)
        outputs = terraform.output(stack, target.variables)
        url = engine.invoke_url(target.variables["AWS_ENDPOINT_URL"], outputs["api_id"], name)
        api_key = keys.local_key(target, merchant=MERCHANT)
        payment = _pay(name, url, api_key)
        _find_event(target, outputs["audit_bucket"], payment)
        if finishing is not None:
            _finish_backend(finishing, target)
    result = {
        "environment": name,
        "url": url,
        "api_key": api_key,
        "aws_endpoint": target.variables["AWS_ENDPOINT_URL"],
        "payment": payment,
    }
    if as_json:
        click.echo(json.dumps(result))
    else:
        _summary(result, changed=changed, seconds=time.monotonic() - began)
    return 0


def _begin_backend(target: Target) -> Any | None:
    """Starts to create the backend in another process, which goes on while the stack is deployed."""
    if backend.is_complete(target):
        backend.ensure_workspace(target)
        return None
    command = [sys.executable, "-m", "ops", "backend", target.name, "--local"]
    return background(command, env=target.variables, log=_backend_log(), cwd=checkout.ROOT)


def _wait_for_backend(process: Any, target: Target) -> None:
    deadline = time.monotonic() + BACKEND_SECONDS
    with Waiting("create the state bucket and the lock table"):
        while not backend.is_usable(target):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Problem("The state backend could not be created.", hint=f"Its log: {_backend_log()}")
            time.sleep(0.2)
    backend.ensure_workspace(target)


def _backend_log() -> Path:
    return checkout.logs_folder() / "backend.log"


def _finish_backend(process: Any, target: Target) -> None:
    with Waiting("state backend"):
        if process.wait(timeout=BACKEND_SECONDS) != 0:
            raise Problem(
                "The environment is deployed, but its state backend is incomplete.",
                hint=f"Repair it: ./payctl backend {target.name} --local",
            )


def _pay(name: str, url: str, api_key: str) -> dict[str, Any]:
    with Waiting("take a payment"):
        # A constant key: a repeated `up` gets the first response again instead of a second payment.
        answer = request(
            "POST",
            f"{url}/v1/payments",
            headers={"Authorization": f"Bearer {api_key}", "Idempotency-Key": f"payctl-up-{name}"},
            body=PAYMENT,
        )
        payment = _expect(answer, 201)
        seen = _expect(
            request(
                "GET", f"{url}/v1/payments/{payment['id']}", headers={"Authorization": f"Bearer {api_key}"}
            ),
            200,
        )
    if seen["status"] != "succeeded":
        raise Problem(f"The payment {payment['id']} is {seen['status']}, not succeeded.")
    return payment


def _expect(answer: Answer, status: int) -> dict[str, Any]:
    if answer.status != status:
        raise Problem(
            f"The API answered {answer.status} instead of {status}: {answer.text[:500]}",
            hint=f"The log of the functions: {checkout.state_folder() / 'local' / 'engine.log'}",
        )
    body: dict[str, Any] = answer.json()
    return body


def _find_event(target: Target, bucket: str, payment: dict[str, Any]) -> None:
    """Waits until the event of the payment is in the audit bucket."""
    s3 = target.client("s3")
    prefix = f"{EVENTS}date={payment['created'][:10]}/"
    deadline = time.monotonic() + EVENT_SECONDS
    with Waiting("wait for its event in the audit bucket"):
        while time.monotonic() < deadline:
            for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
                event = json.loads(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())
                if event["payment"] == payment["id"]:
                    return
            time.sleep(0.2)
    raise Problem(
        f"The event of payment {payment['id']} did not reach s3://{bucket}/{prefix} in {EVENT_SECONDS} s.",
        hint=f"The log of the functions: {checkout.state_folder() / 'local' / 'engine.log'}",
    )


def _summary(result: dict[str, Any], *, changed: bool, seconds: float) -> None:
    payment = result["payment"]
    body = json.dumps(PAYMENT)
    done = "deployed" if changed else "unchanged"
    curl = (
        f"curl -s {shlex.quote(result['url'] + '/v1/payments')} \\\n"
        f"    -H 'Authorization: Bearer {result['api_key']}' \\\n"
        f"    -H \"Idempotency-Key: $(date +%s)\" -H 'Content-Type: application/json' \\\n"
        f"    -d '{body}'"
    )
    click.echo(
        f"\npayments-{result['environment']} is {done} on local AWS ({seconds:.0f} s).\n"
        f"  payment  {payment['id']}  {payment['status']}: "
        f"{payment['amount']} minor units of {payment['currency']}\n"
        f"  url      {result['url']}\n"
        f"  key      {result['api_key']}   (merchant {MERCHANT}, works here only)\n\n"
        f"Take another:\n  {curl}\n\n"
        'Use cdktf, terraform or aws here:  eval "$(./payctl env --local)"\n'
        "Stop:                              ./payctl down"
    )
