from pathlib import Path

from cdktf import TerraformStack

from constructs_lib.payments.deployment import Deployment
from constructs_lib.payments.outputs import OUTPUTS
from constructs_lib.payments.publication import Published
from constructs_lib.payments.tags import default_tags
from constructs_lib.settings.naming import Naming
from constructs_lib.settings.schema import AwsSettings, Environment, StateSettings
from constructs_lib.state.backend_stack import StateBackendStack
from constructs_lib.state.layout import PROVIDER_LOCK, prepare_stack_folder
from constructs_lib.state.s3_backend import use_s3_backend
from tests.apps import app
from tests.constructs_lib.conftest import Builder, Synthesized, policy

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
    stack = TerraformStack(app(), "payments-prod")
    use_s3_backend(stack, aws=AwsSettings(region="eu-west-1", account="123456789012"), state=STATE)
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
    prepare_stack_folder(stack, workspace="dev")
    assert (stack / ".terraform" / "environment").read_text() == "dev"
    assert (stack / ".terraform.lock.hcl").read_text() == PROVIDER_LOCK.read_text()


def _backend(
    *,
    in_itself: bool,
    bucket: str | None = None,
    table: str | None = None,
    api_logging: bool = True,
    api_role: bool = False,
) -> Synthesized:
    return Synthesized(
        StateBackendStack(
            app(),
            aws=AwsSettings(),
            state=STATE,
            in_itself=in_itself,
            existing_bucket=bucket,
            existing_table=table,
            api_logging=api_logging,
            existing_api_role=api_role,
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


def test_what_exists_already_is_imported() -> None:
    made = _backend(in_itself=False, bucket="a-bucket", table="a-table", api_role=True)
    imports = {(one["to"].split(".")[0], one["id"]) for one in made.json["import"]}
    assert imports == {
        ("aws_s3_bucket", "a-bucket"),
        ("aws_dynamodb_table", "a-table"),
        ("aws_iam_role", "payments-api-logs"),
    }
    assert "import" not in _backend(in_itself=False).json


def test_an_account_has_one_role_for_the_logs_of_every_api() -> None:
    made = _backend(in_itself=True)
    assert made.one("aws_api_gateway_account")["cloudwatch_role_arn"] == "${aws_iam_role.ApiLogging_Role.arn}"
    [statement] = policy(made.one("aws_iam_role_policy")["policy"])
    assert statement["Action"] == [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:FilterLogEvents",
        "logs:GetLogEvents",
        "logs:PutLogEvents",
    ]
    assert statement["Resource"][0].endswith(":log-group:*")  # for every API of the account


def test_a_role_for_logs_that_somebody_else_has_set_is_left_alone() -> None:
    assert "aws_api_gateway_account" not in _backend(in_itself=True, api_logging=False).types


def test_everything_published_is_a_parameter_and_an_output(build: Builder) -> None:
    Published(
        build.stack, "Published", naming=Naming("dev"), values={"payment-events/dead-letters": "https://q"}
    )
    made = build.synth()
    parameter = made.one("aws_ssm_parameter")
    means = OUTPUTS["payment-events/dead-letters"]
    assert parameter == {
        "name": "/payments/dev/payment-events/dead-letters",
        "description": means,
        "type": "String",
        "value": "https://q",
    }
    assert made.json["output"] == {
        "payment_events_dead_letters": {"value": "https://q", "description": means}
    }


def test_environments_without_an_account_deploy_to_any() -> None:
    assert Environment(name="dev").aws.account is None
    assert "allowed_account_ids" not in _backend(in_itself=True).json["terraform"]["backend"]["s3"]
