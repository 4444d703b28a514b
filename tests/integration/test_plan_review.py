"""Planted changes, planned for real by Terraform on local AWS, and what the review makes of each plan.

PLANTED_PLANS=write keeps the plans, trimmed, for the unit tests.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import pytest

from constructs_lib.estate.adoption import import_ids
from ops.checkout import ROOT
from ops.review.build import Extras, case_of, review
from ops.review.knowledge import knowledge
from ops.review.plan.reading import parse, read
from ops.review.plan.secrets import Redactor
from tests.integration.conftest import Clone
from tests.ops.review.planted import Planted, check, planted

pytestmark = pytest.mark.integration
APPLY_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Root:
    """A Terraform root on local AWS in which the base is applied."""

    folder: Path
    variables: Mapping[str, str]

    def terraform(self, *words: str, accept: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(
            ["terraform", *words],
            cwd=self.folder,
            env=dict(self.variables),
            text=True,
            capture_output=True,
            timeout=APPLY_MINUTES * 60,
        )
        assert done.returncode in accept, done.stdout + done.stderr
        return done.stdout

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.variables["AWS_ENDPOINT_URL"],
            region_name=self.variables["AWS_REGION"],
            aws_access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.variables["AWS_SECRET_ACCESS_KEY"],
        )

    def call(self, service: str, call: str, arguments: Mapping[str, Any]) -> None:
        """Call AWS, as somebody would by hand; names that AWS made are looked up."""
        given = dict(arguments)
        client = self.client(service)
        if "QueueUrl" in given:
            given["QueueUrl"] = client.get_queue_url(QueueName=given["QueueUrl"])["QueueUrl"]
        if "GroupId" in given:
            groups = client.describe_security_groups(
                Filters=[{"Name": "group-name", "Values": [given["GroupId"]]}]
            )
            given["GroupId"] = groups["SecurityGroups"][0]["GroupId"]
        getattr(client, call)(**given)

    def plan(self, case: Planted) -> dict[str, Any]:
        """The plan of a case, as `terraform show -json` says it."""
        (self.folder / "main.tf").write_text(case.code())
        for each in case.outside:
            self.call(each["service"], each["call"], each["with"])
        try:
            refresh = [] if case.refresh else ["-refresh=false"]
            self.terraform("plan", "-input=false", "-lock=false", "-out=plan", *refresh)
            shown: dict[str, Any] = parse(self.terraform("show", "-json", "plan"), case.name)
            return shown
        finally:
            for each in reversed(case.outside):
                self.call(each["service"], each["undo"]["call"], each["undo"]["with"])


@pytest.fixture(scope="module")
def root(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> Root:
    clone.run("local", "start")
    folder = tmp_path_factory.mktemp("planted")
    shutil.copy(ROOT / "tests" / "ops" / "review" / "base" / "main.tf", folder)
    with zipfile.ZipFile(folder / "function.zip", "w") as archive:
        archive.writestr("main.py", "def handler(event, context):\n    return event\n")
    made = Root(folder, clone.variables())
    made.terraform("init", "-input=false")
    made.terraform("apply", "-input=false", "-auto-approve", "-parallelism=30")
    return made


@pytest.mark.parametrize("case", planted(), ids=lambda case: case.name)
def test_a_planted_change_is_reported_under_its_heading_and_nothing_else_is(
    root: Root, case: Planted
) -> None:
    document = root.plan(case)
    if os.environ.get("PLANTED_PLANS") == "write":
        case.plan.write_text(trimmed(document))
    redactor = Redactor(b"key")
    plan = read(document, redactor, name="planted", where=case.name, paths={})
    check(case, review(case_of(plan, redactor), Extras(), date(2026, 1, 1)))


def trimmed(document: dict[str, Any]) -> str:
    """Without what a review never reads: the bulk, and whatever names a machine."""
    drifted = bool(document.get("resource_drift"))
    kept: dict[str, Any] = {
        name: document[name]
        for name in (
            "format_version",
            "terraform_version",
            "variables",
            "resource_drift",
            "output_changes",
            "checks",
            "complete",
            "errored",
        )
        if name in document
    }
    kept["resource_changes"] = [
        change
        for change in document.get("resource_changes", [])
        if drifted
        or change["change"]["actions"] != ["no-op"]
        or "previous_address" in change
        or "importing" in change["change"]
    ]
    values = document.get("prior_state", {}).get("values", {}).get("root_module", {}).get("resources", [])
    data = [resource for resource in values if resource["mode"] == "data"]
    kept["prior_state"] = {"values": {"root_module": {"resources": data}}}
    module = document["configuration"]["root_module"]
    kept["configuration"] = {
        "root_module": {
            "variables": module.get("variables", {}),
            "resources": [
                {"address": each["address"], "expressions": _without_constants(each.get("expressions", {}))}
                for each in module.get("resources", [])
            ],
        }
    }
    return json.dumps(kept, sort_keys=True, separators=(",", ":")) + "\n"


def _without_constants(expression: Any) -> Any:
    if isinstance(expression, dict):
        return {
            name: _without_constants(each) for name, each in expression.items() if name != "constant_value"
        }
    if isinstance(expression, list):
        return [_without_constants(each) for each in expression]
    return expression


APP = """
import sys
from datetime import timedelta
sys.path.insert(0, {root!r})
import constructs_lib
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs_lib.aws.account import Account
from constructs_lib.aws.security.key import Key
from constructs_lib.aws.security.role import Role
from constructs_lib.payments.table import PaymentsTable

class Stack(TerraformStack):
    def __init__(self, scope):
        super().__init__(scope, "payments-dev")
        AwsProvider(self, "Aws", region="eu-west-1")
        account = Account(self, "Account", region="eu-west-1")
        key = Key(self, "Key", name="renamed", account=account, deletion_window=timedelta(days=7))
        table = PaymentsTable(self, {name!r}, name="renamed", key=key, deletion_protection=False)
        role = Role(self, "Processor", name="renamed", service="lambda.amazonaws.com")
        table.grant_read_write(role)
        table.grant_query(role, indexes=["by_merchant"])
        table.grant_stream_read(role)
        {paste}

app = App()
Stack(app)
app.synth()
"""


def test_the_line_that_the_review_prints_saves_a_renamed_construct(
    clone: Clone, root: Root, tmp_path: Path
) -> None:
    """Synthesized, applied, renamed, reviewed from the saved plan, mended with the line, planned again."""
    variables = {**root.variables, "CDKTF_OUTDIR": str(tmp_path / "out")}
    stack = Root(tmp_path / "out" / "stacks" / "payments-dev", variables)

    def synthesize(name: str, paste: str = "") -> None:
        (tmp_path / "app.py").write_text(APP.format(root=str(ROOT), name=name, paste=paste))
        python = str(ROOT / ".venv" / "bin" / "python")
        subprocess.run([python, "app.py"], cwd=tmp_path, env=variables, check=True, capture_output=True)

    def reviewed(code: int) -> dict[str, Any]:
        stack.terraform("plan", "-input=false", "-out=plan")
        saved = stack.folder / "plan"
        said = clone.run("review", f"dev={saved}", "--stack", str(stack.folder), "--json", code=code).stdout
        (review,) = json.loads(said)["reviews"]
        made: dict[str, Any] = review
        return made

    synthesize("Payments")
    stack.terraform("init", "-input=false")
    stack.terraform("apply", "-input=false", "-auto-approve")
    assert reviewed(0)["verdict"] == "SAFE"
    synthesize("Ledger")
    lost = reviewed(3)
    assert [block["kind"] for block in lost["blocks"]][:2] == ["data-loss", "rename"]
    assert [finding["path"] for finding in lost["blocks"][1]["findings"]] == ["Ledger/Resource"]
    synthesize("Ledger", lost["blocks"][1]["findings"][0]["paste"])
    saved = reviewed(0)
    assert {name: number for name, number in saved["counts"].items() if number} == {"move": 1}
    assert saved["verdict"] == "SAFE"


def test_every_computed_attribute_is_known_to_move_by_itself_or_by_somebodys_hand(root: Root) -> None:
    """What the real provider says of the types that the stack uses, against what the review knows of them."""
    schemas = json.loads(root.terraform("providers", "schema", "-json"))["provider_schemas"]
    [types] = [each["resource_schemas"] for source, each in schemas.items() if source.endswith("/aws")]
    attributes = {type_: each["block"].get("attributes", {}) for type_, each in types.items()}
    computed = {
        (type_, name)
        for type_ in import_ids().keys() & types.keys()
        for name, attribute in attributes[type_].items()
        if attribute.get("computed") and not attribute.get("optional")
    }
    known = knowledge().names["computed"] | knowledge().names["operator_controlled"]
    assert len(computed) > 100
    assert not [
        f"{type_}.{name}" for type_, name in sorted(computed) if known.isdisjoint({name, f"{type_}.{name}"})
    ]
    places = [place.split(".") for place in known if "." in place]
    assert not [place for place in places if place[1] not in attributes[place[0]]]
