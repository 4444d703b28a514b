"""Every environment, by the real Terraform and provider: applied, planned empty, used, destroyed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.http import request
from tests.integration import ci
from tests.integration.conftest import Clone, wait_for

pytestmark = pytest.mark.integration

Findings = dict[str, list[dict[str, str]]]
ENVIRONMENTS = ("dev", "staging", "prod")


@pytest.fixture(scope="module")
def findings(clone: Clone) -> Findings:
    """Of Checkov in the plan of prod, of which nothing is there yet.

    The backend is made for that, with the roles of CI: dev names its repository.
    """
    settings = clone.folder / "envs" / "dev.toml"
    settings.write_text(settings.read_text() + ci.SETTINGS)
    found: Findings = json.loads(clone.run("check", "prod", "--local", "--json").stdout)
    return found


@pytest.fixture(scope="module")
def up(clone: Clone, findings: Findings) -> dict[str, Any]:
    """What `payctl up --json` says; staging and prod are deployed beside it, all at once."""
    result: dict[str, Any] = json.loads(clone.run("up", "--json").stdout)
    others = [clone.start("deploy", name, "--local", "--yes") for name in ENVIRONMENTS if name != "dev"]
    for process in others:
        out, err = process.communicate()
        assert process.returncode == 0, f"{out}\n{err}"
    return result


@pytest.fixture(scope="module")
def jobs(clone: Clone, up: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ci.Jobs]:
    """Yields the jobs that CI runs for dev."""
    with ci.working(clone, tmp_path_factory.mktemp("jobs")) as made:
        yield made


def _bearer(up: dict[str, Any], **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {up['api_key']}", **more}


def test_up_says_where_the_api_is_and_what_the_payment_was(up: dict[str, Any]) -> None:
    assert sorted(up) == ["api_key", "aws_endpoint", "environment", "payment", "url"]
    assert up["environment"] == "dev"
    assert up["payment"]["status"] == "succeeded"
    assert up["payment"]["amount_captured"] == up["payment"]["amount"]
    assert up["aws_endpoint"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_second_plan_is_empty(clone: Clone, up: dict[str, Any], name: str) -> None:
    planned = clone.run("plan", name, "--local")
    assert "No changes" in planned.stdout


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_checkov_finds_nothing_that_is_not_accepted(
    clone: Clone, findings: Findings, up: dict[str, Any], name: str
) -> None:
    found = json.loads(clone.run("check", name, "--local", "--json").stdout)
    assert found["open"] == findings["open"] == []
    if name == "prod":  # the only one that was checked before and after it was deployed
        assert [one for one in found["needless"] if one in findings["needless"]] == []


def test_repeating_up_changes_nothing_and_takes_no_second_payment(clone: Clone, up: dict[str, Any]) -> None:
    again = clone.run("up", "--json")
    assert json.loads(again.stdout) == up
    assert "terraform apply" not in again.stderr


def test_the_payment_its_ledger_and_its_event_were_written_together(clone: Clone, up: dict[str, Any]) -> None:
    items = clone.client("dynamodb").query(
        TableName="payments-dev",
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"PAYMENT#{up['payment']['id']}"}},
    )["Items"]
    entities = sorted(item["entity"]["S"] for item in items)
    assert entities.count("payment") == 1
    assert entities.count("ledger") == 2
    assert entities.count("event") == 2


def test_every_event_of_the_payment_is_one_line_in_the_audit_bucket(clone: Clone, up: dict[str, Any]) -> None:
    s3 = clone.client("s3")
    listed = s3.list_objects_v2(Bucket="payments-dev-audit-000000000000", Prefix="events/date=")
    lines = [
        s3.get_object(Bucket="payments-dev-audit-000000000000", Key=entry["Key"])["Body"].read()
        for entry in listed["Contents"]
    ]
    events = [json.loads(line) for line in lines]
    mine = [event for event in events if event["payment"] == up["payment"]["id"]]
    assert sorted(event["type"] for event in mine) == ["payment.created", "payment.succeeded"]
    assert all(line.count(b"\n") == 1 and line.endswith(b"\n") for line in lines)


def test_the_same_key_and_request_is_answered_byte_for_byte_again(up: dict[str, Any]) -> None:
    headers = _bearer(up, **{"Idempotency-Key": "again"})
    body = {"amount": 500, "currency": "JPY", "payment_method": "pm_approved"}
    first, second = (
        request("POST", f"{up['url']}/v1/payments", headers=headers, body=body) for _ in range(2)
    )
    assert (first.status, first.text) == (second.status, second.text)
    assert first.status == 201
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize(
    ("method", "path", "credential", "key", "body", "status"),
    [
        ("GET", "/v1/health", False, "", None, 200),
        ("GET", "/v1/payments/pay_x", False, "", None, 401),
        ("POST", "/v1/payments", True, "", {"amount": 1}, 400),
        ("POST", "/v1/payments", True, "k1", {"amount": 1.5, "currency": "EUR"}, 400),
        ("POST", "/v1/payments", True, "k2", ["no object"], 400),
        ("GET", "/v1/payments/pay_aaaaaaaaaaaaaaaaaaaaaaaa", True, "", None, 404),
    ],
)
def test_the_api_answers_as_its_contract_says(
    up: dict[str, Any],
    method: str,
    path: str,
    credential: bool,
    key: str,
    body: Any,
    status: int,
) -> None:
    headers = _bearer(up) if credential else {}
    answer = request(
        method, up["url"] + path, headers={**headers, **({"Idempotency-Key": key} if key else {})}, body=body
    )
    assert answer.status == status, answer.text
    assert answer.headers["x-request-id"]
    if status >= 400:
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json()["status"] == status


def test_a_function_can_do_nothing_that_its_role_was_not_granted(clone: Clone, up: dict[str, Any]) -> None:
    iam, sts = clone.client("iam"), clone.client("sts")
    arn = iam.get_role(RoleName="payments-dev-payment-processor")["Role"]["Arn"]
    assert sts.get_caller_identity()["Account"] == arn.split(":")[4]
    simulated = iam.simulate_principal_policy(
        PolicySourceArn=arn,
        ActionNames=["dynamodb:PutItem", "dynamodb:DeleteItem"],
        ResourceArns=["arn:aws:dynamodb:eu-west-1:000000000000:table/payments-dev"],
    )["EvaluationResults"]
    assert [result["EvalDecision"] for result in simulated] == ["allowed", "implicitDeny"]


def test_an_environment_that_took_payments_scaled_and_rotated_its_secret_is_safe(
    clone: Clone, up: dict[str, Any]
) -> None:
    """All that changes of itself, and nobody has to look at it."""
    secrets, groups = clone.client("secretsmanager"), clone.client("autoscaling")
    secret = "payments-dev/pepper"
    first = _current_version(secrets, secret)
    secrets.rotate_secret(SecretId=secret)
    groups.set_desired_capacity(AutoScalingGroupName="payments-dev-fleet", DesiredCapacity=2)
    wait_for(lambda: _current_version(secrets, secret) != first, "the rotation")
    plan = clone.folder.parent / "at-work.tfplan"
    clone.run("plan", "dev", "--local", "--out", str(plan))
    [review] = json.loads(clone.run("review", f"dev={plan}", "--json").stdout)["reviews"]
    drifted = _drifted(clone, plan)
    assert {"aws_autoscaling_group", "aws_secretsmanager_secret_version"} <= drifted
    assert (review["verdict"], review["blocks"]) == ("SAFE", [])


def _current_version(secrets: Any, name: str) -> str:
    versions = secrets.describe_secret(SecretId=name)["VersionIdsToStages"]
    [current] = [version for version, stages in versions.items() if "AWSCURRENT" in stages]
    return str(current)


def _drifted(clone: Clone, plan: Path) -> set[str]:
    """Types of which Terraform itself says that they drifted."""
    said = json.loads(_terraform(clone, "dev", "show", "-json", str(plan)))
    return {change["type"] for change in said["resource_drift"]}


def test_each_state_lies_in_its_own_workspace(clone: Clone, up: dict[str, Any]) -> None:
    listed = clone.client("s3").list_objects_v2(Bucket="payments-terraform-state")["Contents"]
    assert sorted(entry["Key"] for entry in listed) == [
        *(f"environments/{name}/payments-{name}.tfstate" for name in sorted(ENVIRONMENTS)),
        "payments-backend.tfstate",
    ]


def test_plain_terraform_in_another_workspace_stops_with_one_clear_sentence(
    clone: Clone, up: dict[str, Any]
) -> None:
    folder = clone.folder / "cdktf.out" / "stacks" / "payments-prod"
    env = {**clone.variables(), "TF_WORKSPACE": "staging"}
    empty = json.dumps({"version": 4, "serial": 0, "lineage": "x", "outputs": {}, "resources": []})
    clone.client("s3").put_object(
        Bucket="payments-terraform-state",
        Key="environments/staging/payments-prod.tfstate",
        Body=empty.encode(),
    )
    planned = subprocess.run(
        ["terraform", f"-chdir={folder}", "plan", "-input=false", "-no-color"],
        env=env,
        text=True,
        capture_output=True,
        check=False,
    )
    assert planned.returncode == 1
    clone.client("s3").delete_object(
        Bucket="payments-terraform-state", Key="environments/staging/payments-prod.tfstate"
    )
    text = " ".join(planned.stderr.replace("│", " ").split())
    assert "This stack belongs in workspace prod, but the selected one is staging." in text


def test_plain_cdktf_deploys_the_same_environment_without_any_change(
    clone: Clone, up: dict[str, Any]
) -> None:
    deployed = subprocess.run(
        ["cdktf", "deploy", "payments-dev", "--auto-approve"],
        cwd=clone.folder,
        env={**clone.variables(), "CI": "true"},
        text=True,
        capture_output=True,
        check=False,
    )
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    assert "0 added, 0 changed, 0 destroyed" in deployed.stdout or "No changes" in deployed.stdout


def test_a_stale_lock_is_named_and_freed(clone: Clone, up: dict[str, Any]) -> None:
    lock = {
        "ID": "0b7f4c1e-0000-0000-0000-000000000000",
        "Operation": "OperationTypeApply",
        "Who": "somebody@laptop",
        "Created": "2026-01-02T03:04:05.6Z",
    }
    state = "environments/dev/payments-dev.tfstate"
    clone.client("dynamodb").put_item(
        TableName="payments-terraform-locks",
        Item={
            "LockID": {"S": f"payments-terraform-state/{state}"},
            "Info": {"S": json.dumps(lock)},
        },
    )
    clone.client("s3").put_object(
        Bucket="payments-terraform-state", Key=f"{state}.tflock", Body=json.dumps(lock).encode()
    )
    freed = clone.run("backend", "unlock", "dev", "--local", "--yes")
    assert freed.stderr.count("apply by somebody@laptop since 2026-01-02T03:04:05") == 2
    assert "The state of dev is free." in freed.stderr
    assert "is not locked" in clone.run("backend", "unlock", "dev", "--local").stderr


def test_the_read_only_policy_of_local_aws_is_that_of_aws_and_gives_no_secret(
    clone: Clone, up: dict[str, Any]
) -> None:
    """Without that, no test of a role that has it would mean anything."""
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    version = clone.client("iam").get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    read = clone.client("iam").get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
    actions = [action for one in read["Document"]["Statement"] for action in one["Action"]]
    assert len(actions) > 2000
    assert not [action for action in actions if action.startswith("*")]
    assert sorted(action for action in actions if action.startswith("secretsmanager:")) == [
        "secretsmanager:Describe*",
        "secretsmanager:GetResourcePolicy",
        "secretsmanager:List*",
    ]


def test_a_job_gets_no_role_of_another_environment_of_github(jobs: ci.Jobs) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        ci.assume(jobs.clone, "drift", "dev-plan")


def test_ci_looks_for_drift_with_a_role_that_only_reads(jobs: ci.Jobs) -> None:
    said = jobs.run("drift", "dev-drift", "drift", "dev").stderr
    assert "dev has no drift" in said
    assert jobs.forge.issues == []


def test_ci_applies_what_a_role_that_only_reads_has_planned(jobs: ci.Jobs, tmp_path: Path) -> None:
    settings = jobs.clone.folder / "envs" / "dev.toml"
    old, new = "lambda_errors = 10", "lambda_errors = 11"
    assert old in settings.read_text()
    settings.write_text(settings.read_text().replace(old, new))
    jobs.run("plan", "dev-plan", "plan", "dev", "--out", str(tmp_path))
    result = jobs.outputs()
    assert result["changes"] == "true"
    said = jobs.run("apply", "dev", "apply-approved", "dev", "--approved", result["hash"]).stderr
    assert "dev: applied the approved plan" in said
    assert "No changes" in jobs.clone.run("plan", "dev", "--local").stdout


def test_a_protected_environment_is_not_destroyed(clone: Clone, up: dict[str, Any]) -> None:
    refused = clone.run("destroy", "prod", "--local", "--yes", code=2)
    assert "prod is protected" in refused.stderr


def test_git_sees_nothing_that_was_generated(clone: Clone, up: dict[str, Any]) -> None:
    ignored = (clone.folder / ".gitignore").read_text().splitlines()
    made = {path.name for path in clone.folder.iterdir()}
    for name in ("cdktf.out", ".payctl", ".venv", ".venv-emulator", ".venv-policy", "node_modules"):
        assert name in made
        assert f"/{name}/" in ignored or f"/{name}" in ignored


def _role_names(clone: Clone) -> list[str]:
    return [role["RoleName"] for role in clone.client("iam").list_roles()["Roles"]]


def _terraform(clone: Clone, name: str, *words: str) -> str:
    """What plain `terraform …` says of an environment."""
    folder = clone.folder / "cdktf.out" / "stacks" / f"payments-{name}"
    command = ["terraform", f"-chdir={folder}", *words]
    return subprocess.run(command, env=clone.variables(), check=True, capture_output=True, text=True).stdout


def _state_of_prod(clone: Clone) -> bytes:
    place = {"Bucket": "payments-terraform-state", "Key": "environments/prod/payments-prod.tfstate"}
    state: bytes = clone.client("s3").get_object(**place)["Body"].read()
    return state


def test_an_environment_that_lost_its_resources_adopts_them_again_by_imports_alone(
    clone: Clone, up: dict[str, Any], tmp_path: Path
) -> None:
    """Every type by its import id, those of prod being all of them."""
    state = _state_of_prod(clone)
    (tmp_path / "prod.tfstate").write_bytes(state)
    kinds = {one["type"] for one in json.loads(state)["resources"] if one["mode"] == "managed"}
    names = [
        f"{one['type']}.{one['name']}" for one in json.loads(state)["resources"] if one["mode"] == "managed"
    ]
    _terraform(clone, "prod", "state", "rm", *names)
    settings = clone.folder / "envs" / "prod.toml"
    before = settings.read_text()
    live = json.loads(clone.run("adopt", "prod", "--from", "live", "--local", "--json").stdout)
    kept = ("adopt", "prod", "--from", str(tmp_path / "prod.tfstate"), "--local", "--write", "--json")
    result = json.loads(clone.run(*kept).stdout)
    assert {one["state"] for one in result["resources"]} == {"found"}
    assert {one["address"].partition(".")[0] for one in result["resources"]} == kinds - {
        "aws_secretsmanager_secret_version"  # never: it would bring the secret's value into the state
    }
    ids = {one["address"]: one["id"] for one in result["resources"]}
    seen = {one["address"]: one["id"] for one in live["resources"] if one["id"]}
    assert seen == {address: id for address, id in ids.items() if not address.startswith("terraform_data.")}
    plan = clone.run("plan", "prod", "--local", code=2).stdout
    assert f"Plan: {len(ids)} to import, 0 to add, 0 to change, 0 to destroy." in plan
    clone.run("deploy", "prod", "--local", "--yes")
    assert "No changes" in clone.run("plan", "prod", "--local").stdout
    settings.write_text(before)


def test_what_lies_elsewhere_in_the_state_is_moved_and_left_alone(clone: Clone, up: dict[str, Any]) -> None:
    here, there = "aws_sns_topic.Alerts_Ops_8222BFB2", "module.alerts.aws_sns_topic.this[0]"
    _terraform(clone, "staging", "state", "mv", here, there)
    settings = clone.folder / "envs" / "staging.toml"
    before = settings.read_text()
    settings.write_text(f"{before}\n[estate.move]\n{json.dumps(here)} = {json.dumps(there)}\n")
    planned = clone.run("plan", "staging", "--local", code=2).stdout
    assert f"{there} has moved to {here}" in planned
    assert "Plan: 0 to add, 0 to change, 0 to destroy." in planned
    clone.run("deploy", "staging", "--local", "--yes")
    settings.write_text(before)
    assert "No changes" in clone.run("plan", "staging", "--local").stdout


def test_without_protection_and_with_what_no_environment_asks_for_the_plan_is_empty_too(
    clone: Clone, up: dict[str, Any]
) -> None:
    settings = clone.folder / "envs" / "prod.toml"
    text = settings.read_text()
    for old, new in (
        ("protected = true", "protected = false"),
        ("cost = []", 'cost = ["https://example.com/cost"]'),
        ("security = []", 'security = ["security@example.com"]'),
        ("[security]", "[security]\nshield_advanced = true"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    settings.write_text(text)
    clone.run("deploy", "prod", "--local", "--yes")
    assert "No changes" in clone.run("plan", "prod", "--local").stdout
    made = {one["type"] for one in json.loads(_state_of_prod(clone))["resources"]}
    assert {"aws_shield_protection", "aws_sns_topic_subscription"} <= made


def test_destroying_leaves_nothing(clone: Clone, up: dict[str, Any]) -> None:
    destroying = [clone.start("destroy", name, "--local", "--yes") for name in ENVIRONMENTS]
    for process in destroying:
        out, err = process.communicate()
        assert process.returncode == 0, f"{out}\n{err}"
    left = {
        "tables": clone.client("dynamodb").list_tables()["TableNames"],
        "buckets": [b["Name"] for b in clone.client("s3").list_buckets()["Buckets"]],
        "queues": clone.client("sqs").list_queues().get("QueueUrls", []),
        "functions": clone.client("lambda").list_functions()["Functions"],
        "roles": sorted(name for name in _role_names(clone) if "payments" in name),
        "secrets": clone.client("secretsmanager").list_secrets()["SecretList"],
        "apis": clone.client("apigateway").get_rest_apis()["items"],
        "log groups": clone.client("logs").describe_log_groups()["logGroups"],
        "pipes": clone.client("pipes").list_pipes()["Pipes"],
        "parameters": clone.client("ssm").describe_parameters()["Parameters"],
        "addresses": clone.client("ec2").describe_addresses()["Addresses"],
    }
    assert left == {
        **{name: [] for name in left},
        "tables": ["payments-terraform-locks"],
        "buckets": ["payments-terraform-state"],
        "roles": [  # of the account, with state bucket and lock table
            "payments-api-logs",
            "payments-dev-ci-apply",
            "payments-dev-ci-drift",
            "payments-dev-ci-plan",
        ],
    }
    states = clone.client("s3").list_objects_v2(Bucket="payments-terraform-state")["Contents"]
    assert [entry["Key"] for entry in states] == ["payments-backend.tfstate"]
