from pathlib import Path

from cdktf import TerraformStack, Testing

from constructs_lib.deployment import Deployment
from constructs_lib.environment import AwsSettings, Environment, StateSettings
from constructs_lib.naming import Naming
from constructs_lib.published import Published
from constructs_lib.state import PROVIDER_LOCK, keep_state, pin
from constructs_lib.state_backend import StateBackendStack
from constructs_lib.tags import default_tags
from tests.constructs_lib.conftest import Builder, Synthesized

STATE = StateSettings(bucket="a-bucket", table="a-table")


def _deployment(build: Builder) -> Deployment:
    return Deployment(
        build.stack, "Deployment", stack="payments-prod", workspace="prod", aws=AwsSettings(), state=STATE
    )


def test_a_plan_in_another_workspace_is_stopped_with_what_to_do(build: Builder) -> None:
    _deployment(build)
    [guard] = build.synth().one("terraform_data")["lifecycle"]["precondition"]
    assert guard["condition"] == '${terraform.workspace == "prod"}'
    assert "./payctl backend prod" in guard["error_message"]


def test_the_time_of_the_first_deployment_is_kept_in_the_state_and_read_back_from_it(build: Builder) -> None:
    _deployment(build)
    made = build.synth()
    before = made.all("terraform_remote_state", block="data")["Deployment_Before"]
    assert before["defaults"] == {"created_at": "${plantimestamp()}"}
    assert before["workspace"] == "prod"
    assert before["config"]["key"] == "payments-prod.tfstate"
    read = "${data.terraform_remote_state.Deployment_Before.outputs.created_at}"
    assert made.json["output"]["created_at"]["value"] == read


def test_tags_come_from_the_pipeline_and_are_unknown_without_it() -> None:
    assert default_tags("dev", "2026-01-01T00:00:00Z", {"TEAM": "core", "PR_NUMBER": ""}) == {
        "Environment": "dev",
        "Repository": "unknown",
        "Author": "unknown",
        "PRNumber": "unknown",
        "Team": "core",
        "CreatedAt": "2026-01-01T00:00:00Z",
    }


def test_state_lies_in_s3_under_a_key_of_its_own_with_both_locks() -> None:
    stack = TerraformStack(Testing.app(), "payments-prod")
    keep_state(stack, aws=AwsSettings(region="eu-west-1", account="123456789012"), state=STATE)
    assert Synthesized(stack).json["terraform"]["backend"]["s3"] == {
        "bucket": "a-bucket",
        "key": "payments-prod.tfstate",
        "region": "eu-west-1",
        "workspace_key_prefix": "environments",
        "dynamodb_table": "a-table",
        "use_lockfile": True,
        "encrypt": True,
        "allowed_account_ids": ["123456789012"],
    }


def test_a_pinned_stack_has_its_workspace_selected_and_the_hashes_of_its_provider(tmp_path: Path) -> None:
    stack = tmp_path / "stacks" / "payments-dev"
    pin(stack, workspace="dev")
    assert (stack / ".terraform" / "environment").read_text() == "dev"
    assert (stack / ".terraform.lock.hcl").read_text() == PROVIDER_LOCK.read_text()


def _backend(*, in_itself: bool, bucket: str | None = None, table: str | None = None) -> Synthesized:
    return Synthesized(
        StateBackendStack(
            Testing.app(),
            aws=AwsSettings(),
            state=STATE,
            in_itself=in_itself,
            existing_bucket=bucket,
            existing_table=table,
        )
    )


def test_the_state_backend_is_versioned_locked_and_never_destroyed() -> None:
    made = _backend(in_itself=True)
    table = made.one("aws_dynamodb_table")
    assert (table["name"], table["hash_key"], table["billing_mode"]) == (
        "a-table",
        "LockID",
        "PAY_PER_REQUEST",
    )
    assert table["deletion_protection_enabled"] is True
    for kind in ("aws_s3_bucket", "aws_dynamodb_table"):
        assert made.one(kind)["lifecycle"] == {"prevent_destroy": True}
    assert made.one("aws_s3_bucket_versioning")["versioning_configuration"] == {"status": "Enabled"}
    [encryption] = made.one("aws_s3_bucket_server_side_encryption_configuration")["rule"]
    assert encryption["apply_server_side_encryption_by_default"] == {"sse_algorithm": "aws:kms"}
    rules = {r["id"]: r for r in made.one("aws_s3_bucket_lifecycle_configuration")["rule"]}
    assert rules["forget-old-versions"]["noncurrent_version_expiration"] == [{"noncurrent_days": 90}]


def test_the_state_backend_begins_in_a_file_and_then_lies_in_itself() -> None:
    assert _backend(in_itself=False).json["terraform"]["backend"] == {"local": {"path": "terraform.tfstate"}}
    assert _backend(in_itself=True).json["terraform"]["backend"]["s3"]["key"] == "payments-backend.tfstate"


def test_a_bucket_and_a_table_that_exist_already_are_imported() -> None:
    imports = {
        (i["to"].split(".")[0], i["id"])
        for i in _backend(in_itself=False, bucket="a-bucket", table="a-table").json["import"]
    }
    assert imports == {("aws_s3_bucket", "a-bucket"), ("aws_dynamodb_table", "a-table")}
    assert "import" not in _backend(in_itself=False).json


def test_everything_published_is_a_parameter_and_an_output(build: Builder) -> None:
    Published(build.stack, "Published", naming=Naming("dev"), values={"queue/dead-letters": "https://q"})
    made = build.synth()
    parameter = made.one("aws_ssm_parameter")
    assert parameter == {
        "name": "/payments/dev/queue/dead-letters",
        "type": "String",
        "value": "https://q",
    }
    assert made.json["output"] == {"queue_dead_letters": {"value": "https://q"}}


def test_environments_without_an_account_deploy_to_any() -> None:
    assert Environment(name="dev").aws.account is None
    assert "allowed_account_ids" not in _backend(in_itself=True).json["terraform"]["backend"]["s3"]
