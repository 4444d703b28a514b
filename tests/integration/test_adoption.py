"""An HCL estate with data in it changes hands, and goes back: by the real Terraform and provider."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ops.checkout import ROOT
from ops.terraform.states import read
from tests.integration.conftest import Clone

pytestmark = pytest.mark.integration

TABLE, BUCKET = "acme-payments", "acme-audit-000000000000"
# What a person says after the first look: which is which, and the addresses of the network.
NETWORK = """cidr = "10.42.0.0/16"
public_subnets = ["10.42.0.0/24", "10.42.1.0/24"]
private_subnets = ["10.42.10.0/24", "10.42.11.0/24"]"""
CHOSEN = {
    "aws_s3_bucket.Audit_3D8ADE0A": BUCKET,
    "aws_lambda_function.PaymentProcessor_50B7B6A4": "acme-processor",
    "aws_sns_topic.Alerts_Cost_19B3C424": "arn:aws:sns:eu-west-1:000000000000:acme-cost-alerts",
    "aws_sns_topic.Alerts_Ops_8222BFB2": "arn:aws:sns:eu-west-1:000000000000:acme-ops-alerts",
    "aws_sns_topic.Alerts_Security_AE06B4AE": "arn:aws:sns:eu-west-1:000000000000:acme-security-alerts",
}
ALLOWED = [
    "aws_dynamodb_table.Payments_130453D3.deletion_protection_enabled",
    "aws_vpc_security_group_egress_rule.FunctionSecurityGroup_HttpsToAnywhere_5FE8D13F.tags_all",
    "aws_lambda_permission.PaymentProcessor_FromApi_0D52659B",
    "aws_secretsmanager_secret_rotation.PepperRotation_C0CA94E6",
]


@dataclass(slots=True)
class Estate:
    """A team's own Terraform root, beside the clone of ours."""

    clone: Clone
    folder: Path
    variables: Mapping[str, str]
    before: dict[str, Any] = field(default_factory=dict)

    def terraform(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            ["terraform", f"-chdir={self.folder}", *words, "-no-color"],
            env=dict(self.variables),
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def apply(self) -> str:
        return self.terraform("apply", "-auto-approve", "-input=false", "-parallelism=60")

    def apply_killed_at(self, words: str) -> str:
        """What `apply` printed until a line has these words, at which it and the provider are killed."""
        command = ["terraform", f"-chdir={self.folder}", "apply", "-auto-approve", "-no-color"]
        printed: list[str] = []
        with subprocess.Popen(
            command, env=dict(self.variables), text=True, stdout=subprocess.PIPE, start_new_session=True
        ) as apply:
            assert apply.stdout
            for line in apply.stdout:
                printed.append(line)
                if words in line:
                    os.killpg(apply.pid, signal.SIGKILL)
        assert apply.returncode == -signal.SIGKILL, "".join(printed)
        return "".join(printed)

    def is_empty(self) -> bool:
        return "No changes" in self.terraform("plan", "-input=false")

    def data(self) -> dict[str, Any]:
        """Rows, versions of objects, and what the things are to AWS."""
        client = self.clone.client
        table = client("dynamodb").describe_table(TableName=TABLE)["Table"]
        rows = client("dynamodb").scan(TableName=TABLE)["Items"]
        listed = client("s3").list_object_versions(Bucket=BUCKET)["Versions"]
        return {
            "rows": sorted(json.dumps(row, sort_keys=True) for row in rows),
            "versions": sorted((each["Key"], each["VersionId"], each["ETag"]) for each in listed),
            "table": (table["TableArn"], table["LatestStreamArn"], str(table["CreationDateTime"])),
            "queue": client("sqs").get_queue_attributes(
                QueueUrl=client("sqs").get_queue_url(QueueName="acme-orders")["QueueUrl"],
                AttributeNames=["QueueArn", "CreatedTimestamp"],
            )["Attributes"],
            "code": client("lambda").get_function(FunctionName="acme-processor")["Configuration"][
                "CodeSha256"
            ],
            "secret": client("secretsmanager").get_secret_value(SecretId="acme/pepper")["VersionId"],
        }

    def adopt(self, *words: str, code: int = 0) -> str:
        return self.clone.run("adopt", "dev", "--local", *words, code=code).stdout

    @property
    def settings(self) -> Path:
        return self.clone.folder / "envs" / "dev.toml"


@pytest.fixture(scope="module")
def estate(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> Estate:
    """Applied, with rows and objects in it."""
    folder = tmp_path_factory.mktemp("acme") / "infrastructure"
    shutil.copytree(Path(__file__).with_name("acme"), folder)
    shutil.copy(ROOT / ".terraform.lock.hcl", folder)
    with zipfile.ZipFile(folder / "function.zip", "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return {}\n")
    backend = clone.start("backend", "dev", "--local")
    made = Estate(clone, folder, clone.variables())
    made.terraform("init", "-input=false")
    made.apply()
    out, err = backend.communicate()
    assert backend.returncode == 0, f"{out}\n{err}"
    for number in range(5):
        row = {"pk": {"S": f"PAYMENT#{number}"}, "sk": {"S": "A"}, "amount": {"N": str(number)}}
        clone.client("dynamodb").put_item(TableName=TABLE, Item=row)
    for body in (b"first", b"second"):
        clone.client("s3").put_object(Bucket=BUCKET, Key="events/one", Body=body)
    made.before = made.data()
    return made


def test_the_estate_is_one_as_people_have_them(estate: Estate) -> None:
    things = read(str(estate.folder), estate.variables)
    assert len(things) >= 25
    assert len({thing.type for thing in things}) >= 15
    assert len(estate.before["rows"]) == 5
    assert len(estate.before["versions"]) == 2
    assert estate.is_empty()


def test_a_first_look_asks_which_is_which_and_shows_what_would_replace_first(estate: Estate) -> None:
    before = estate.settings.read_bytes()
    seen = estate.adopt("--from", str(estate.folder), code=2)
    assert '"aws_s3_bucket.Audit_3D8ADE0A" = "acme-audit-000000000000"' in seen
    assert 'module.queues["orders"].aws_sqs_queue.this (acme-orders)' in seen
    differences = seen.partition("\nDifferences: ")[2]
    first = next(line for line in differences.splitlines() if line.startswith("    "))
    assert first == '    forces a replacement: cidr_block: "10.42.0.0/16" → "10.0.0.0/16"'
    assert '[network] cidr = "10.42.0.0/16"' in differences
    assert "[estate] allow" not in differences  # most of what would be made is not, once the rest is kept
    assert estate.settings.read_bytes() == before


def _choose(estate: Estate) -> None:
    groups = read(str(estate.folder), estate.variables)
    group = next(it.attributes["id"] for it in groups if it.type == "aws_security_group")
    chosen = {
        **CHOSEN,
        "aws_sqs_queue.Queue_4A7E3555": _queue_url(estate),
        "aws_security_group.FunctionSecurityGroup_37F9C17C": str(group),
    }
    lines = "\n".join(f"{json.dumps(address)} = {json.dumps(id)}" for address, id in chosen.items())
    text = estate.settings.read_text().replace('cidr = "10.0.0.0/16"', NETWORK)
    estate.settings.write_text(f'{text}\n[estate]\ntags = "keep"\n\n[estate.adopt]\n{lines}\n')


def _queue_url(estate: Estate) -> str:
    url: str = estate.clone.client("sqs").get_queue_url(QueueName="acme-orders")["QueueUrl"]
    return url


def test_another_billing_mode_another_key_and_missing_versions_are_refused_with_the_line(
    estate: Estate,
) -> None:
    client = estate.clone.client
    _choose(estate)
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    client("dynamodb").update_table(
        TableName=TABLE,
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )
    client("sqs").set_queue_attributes(QueueUrl=_queue_url(estate), Attributes={"KmsMasterKeyId": key})
    client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    report = json.loads(estate.adopt("--from", str(estate.folder), "--json", "--write", code=2))
    by_attribute = {(it["address"], it["attribute"]): it for it in report["differences"]}
    billing = by_attribute["aws_dynamodb_table.Payments_130453D3", "billing_mode"]
    assert billing["shown"] == 'billing_mode: "PROVISIONED" → "PAY_PER_REQUEST"'
    other = by_attribute["aws_sqs_queue.Queue_4A7E3555", "kms_master_key_id"]
    assert other["settle"] == [f'[estate.use] key = "{key}"']
    versions = by_attribute["aws_s3_bucket_versioning.Audit_Versioning_EA2537E2", "versioning_configuration"]
    assert (billing["keep"], other["keep"], versions["keep"]) == (True, True, True)
    refused = estate.clone.run("deploy", "dev", "--local", "--yes", code=2)
    assert "Refused: this plan would not only adopt. Nothing was changed." in refused.stderr
    for shown, settles in (
        (
            'billing_mode: "PROVISIONED" → "PAY_PER_REQUEST"',
            '"aws_dynamodb_table.Payments_130453D3" = {',
        ),
        (f'kms_master_key_id: "{key}"', f'[estate.use] key = "{key}"'),
        ('versioning_configuration: [{"mfa_delete": "", "status": "Suspended"}]', 'keep = ["versioning_conf'),
    ):
        assert shown in refused.stderr
        assert settles in refused.stderr.partition(shown)[2]
    table = client("dynamodb").describe_table(TableName=TABLE)["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    estate.apply()
    assert estate.data() == estate.before


def test_a_look_that_keeps_everything_is_ready_once_the_rest_is_allowed_by_name(estate: Estate) -> None:
    seen = estate.adopt("--from", str(estate.folder), "--keep", "--write", code=2)
    assert f"[estate] allow = {json.dumps(ALLOWED)}" in seen
    text = estate.settings.read_text()
    estate.settings.write_text(text.replace('tags = "keep"', f'tags = "keep"\nallow = {json.dumps(ALLOWED)}'))
    ready = estate.adopt("--from", str(estate.folder), "--write")
    assert ready.startswith(f"dev in {estate.folder}: 43 of our resources found")
    for name in ("removed", "imports"):
        hcl = estate.adopt("--from", str(estate.folder), "--blocks", name)
        (estate.folder.parent / f"{name}.tf").write_text(hcl)
        assert hcl in ready


def test_the_first_plan_imports_and_changes_nothing_else(estate: Estate) -> None:
    plan = estate.clone.run("plan", "dev", "--local", code=2).stdout
    assert "Plan: 43 to import, 0 to add, 2 to change, 0 to destroy." in plan
    changed = [line.split()[1] for line in plan.splitlines() if line.endswith("will be updated in-place")]
    assert changed == [name.rpartition(".")[0] for name in ALLOWED[:2]]


def test_an_adoption_that_is_killed_is_continued_by_the_next_run(estate: Estate) -> None:
    killed = estate.clone.start("deploy", "dev", "--local", "--yes", session=True)
    log = estate.clone.folder / ".payctl" / "logs" / "payments-dev-apply.log"
    log.unlink(missing_ok=True)
    while not log.exists():  # Terraform has begun to apply, and its state knows nothing yet
        assert killed.poll() is None, killed.communicate()
        time.sleep(0.05)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    plan = estate.clone.run("plan", "dev", "--local", code=2).stdout
    assert " to import, 0 to add, " in plan  # something is left to continue
    assert " 0 to destroy." in plan
    assert " imported, " in estate.clone.run("deploy", "dev", "--local", "--yes").stderr
    assert "to import" not in estate.clone.run("plan", "dev", "--local", code=2).stdout
    assert estate.data() == estate.before
    table = estate.clone.client("dynamodb").describe_table(TableName=TABLE)["Table"]
    assert table["DeletionProtectionEnabled"] is True
    kept = estate.clone.run("destroy", "dev", "--local", "--yes", code=2)
    assert "dev has adopted 43 resources, which would be destroyed with it." in kept.stderr


def test_the_old_estate_forgets_and_destroys_nothing(estate: Estate) -> None:
    for name in ("main.tf", "storage.tf"):
        shutil.move(estate.folder / name, estate.folder.parent / name)
    shutil.copy(estate.folder.parent / "removed.tf", estate.folder)
    said = estate.apply_killed_at("Plan:")
    assert "Plan: 0 to add, 0 to change, 0 to destroy." in said
    assert "will be destroyed" not in said
    assert "will be destroyed" not in estate.apply()
    assert [it.type for it in read(str(estate.folder), estate.variables)] == [
        "aws_cloudwatch_metric_alarm",
        "aws_ssm_parameter",
        "aws_ssm_parameter",
    ]
    assert estate.is_empty()
    assert estate.data() == estate.before


def test_what_is_missing_is_made_nothing_twice_and_a_line_that_comes_too_late_is_told(estate: Estate) -> None:
    made = estate.clone.run("deploy", "dev", "--local", "--yes").stdout
    assert " to add, 0 to change, 0 to destroy." in made, [
        line for line in made.splitlines() if "  # " in line
    ]
    gateway = "aws_internet_gateway.Network_InternetGateway_D8FF3F66"
    lines = estate.settings.read_text()
    other = re.sub(rf'("{gateway}") = "igw-\w+"', r'\1 = "igw-00000000000000000"', lines)
    assert other != lines
    estate.settings.write_text(other)
    planned = estate.clone.run("plan", "dev", "--local")
    estate.settings.write_text(lines)
    assert "No changes" in planned.stdout
    (late,) = (line for line in planned.stderr.splitlines() if line.startswith("Warning:"))
    assert f"{gateway} is igw-" in late
    assert "so Terraform ignores the line with igw-00000000000000000" in late
    assert estate.data() == estate.before
    tables = estate.clone.client("dynamodb").list_tables()["TableNames"]
    assert sorted(tables) == [TABLE, "payments-terraform-locks"]
    assert len(estate.clone.client("ec2").describe_nat_gateways()["NatGateways"]) == 1


def test_the_way_back_gives_everything_to_its_old_owner(estate: Estate) -> None:
    (estate.folder / "removed.tf").unlink()
    for name in ("main.tf", "storage.tf", "imports.tf"):
        shutil.copy(estate.folder.parent / name, estate.folder)
    said = estate.apply_killed_at("Import complete")
    assert " to import, 0 to add, " in said
    assert " 0 to destroy." in said
    estate.apply()
    release = ("adopt", "dev", "--release", "--local", "--yes")
    killed = estate.clone.start(*release, session=True)
    assert killed.stderr
    assert any(line.startswith("  aws_") for line in killed.stderr)  # those that it forgets next
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    said = estate.clone.run(*release).stderr
    assert "Forgotten: 43." in said or "dev has nothing adopted in its state." in said
    assert estate.is_empty()
    assert estate.data() == estate.before
