from datetime import timedelta
from typing import Any

from constructs_lib.aws.security.role import Role
from constructs_lib.aws.security.secret import Secret
from constructs_lib.aws.storage.bucket import PrivateBucket
from constructs_lib.payments.components.storage import AuditBucket
from constructs_lib.payments.table import INDEXES, PaymentsTable
from payments.adapters import items
from tests.constructs_lib.conftest import Builder, Synthesized, policy


def _role(build: Builder) -> Role:
    return Role(build.stack, "R", name="r", service="lambda.amazonaws.com")


def test_the_table_is_on_demand_encrypted_recoverable_forgetful_and_streamed(build: Builder) -> None:
    PaymentsTable(build.stack, "Payments", name="payments-dev", key=build.key(), deletion_protection=True)
    assert build.synth().one("aws_dynamodb_table") == {
        "name": "payments-dev",
        "billing_mode": "PAY_PER_REQUEST",
        "hash_key": "pk",
        "range_key": "sk",
        "attribute": [
            {"name": "pk", "type": "S"},
            {"name": "sk", "type": "S"},
            {"name": "merchant_list_pk", "type": "S"},
            {"name": "list_sk", "type": "S"},
            {"name": "status_list_pk", "type": "S"},
            {"name": "due_pk", "type": "S"},
            {"name": "due_sk", "type": "N"},
        ],
        "global_secondary_index": [
            {"name": name, "hash_key": partition, "range_key": sort, "projection_type": "KEYS_ONLY"}
            for name, partition, sort in [
                ("by_merchant", "merchant_list_pk", "list_sk"),
                ("by_status", "status_list_pk", "list_sk"),
                ("by_due", "due_pk", "due_sk"),
            ]
        ],
        "ttl": {"attribute_name": "expires_at", "enabled": True},
        "stream_enabled": True,
        "stream_view_type": "NEW_AND_OLD_IMAGES",
        "point_in_time_recovery": {"enabled": True},
        "server_side_encryption": {"enabled": True, "kms_key_arn": "${aws_kms_key.Key.arn}"},
        "deletion_protection_enabled": True,
    }


def test_the_indexes_are_those_that_the_handlers_ask() -> None:
    assert INDEXES == items.INDEXES


def test_table_grants_are_exact(build: Builder) -> None:
    table = PaymentsTable(build.stack, "Payments", name="p", key=build.key(), deletion_protection=False)
    role = _role(build)
    table.grant_read(role)
    table.grant_read_write(role)
    table.grant_query(role, indexes=["by_merchant", "by_due"])
    table.grant_stream_read(role)
    statements = policy(build.synth().one("aws_iam_role_policy")["policy"])
    place = "<aws_dynamodb_table.Payments"
    assert [(s["Action"], s["Resource"]) for s in statements] == [
        (["dynamodb:GetItem"], [f"{place}.arn>"]),
        (["dynamodb:GetItem", "dynamodb:PutItem"], [f"{place}.arn>"]),
        (["dynamodb:BatchGetItem", "dynamodb:Query"], [f"{place}.arn>"]),
        (
            ["dynamodb:Query"],
            [f"{place}.arn>/index/by_merchant", f"{place}.arn>/index/by_due"],
        ),
        (
            [
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:ListStreams",
            ],
            [f"{place}.stream_arn>"],
        ),
    ]


def test_the_audit_bucket_is_private_versioned_and_encrypted(build: Builder) -> None:
    AuditBucket(build.stack, "Audit", name="audit-1", key=build.key(), destroy_with_content=False)
    made = build.synth()
    bucket = "${aws_s3_bucket.Audit.id}"
    assert made.one("aws_s3_bucket") == {"bucket": "audit-1", "force_destroy": False}
    assert made.one("aws_s3_bucket_public_access_block") == {
        "bucket": bucket,
        "block_public_acls": True,
        "block_public_policy": True,
        "ignore_public_acls": True,
        "restrict_public_buckets": True,
    }
    assert made.one("aws_s3_bucket_versioning")["versioning_configuration"] == {"status": "Enabled"}
    assert made.one("aws_s3_bucket_ownership_controls")["rule"] == {"object_ownership": "BucketOwnerEnforced"}
    [rule] = made.one("aws_s3_bucket_server_side_encryption_configuration")["rule"]
    assert rule == {
        "apply_server_side_encryption_by_default": {
            "kms_master_key_id": "${aws_kms_key.Key.arn}",
            "sse_algorithm": "aws:kms",
        },
        "bucket_key_enabled": True,
    }


def _refusals(made: Synthesized) -> dict[str, dict[str, Any]]:
    statements = policy(made.one("aws_s3_bucket_policy")["policy"])
    assert all(statement["Effect"] == "Deny" for statement in statements)
    return {statement.pop("Sid"): statement for statement in statements}


def test_a_bucket_refuses_plain_http_and_every_key_but_its_own(build: Builder) -> None:
    AuditBucket(build.stack, "Audit", name="audit-1", key=build.key(), destroy_with_content=False)
    encryption = "s3:x-amz-server-side-encryption"
    objects = "<aws_s3_bucket.Audit.arn>/*"
    put = {"Effect": "Deny", "Principal": "*", "Action": ["s3:PutObject"], "Resource": [objects]}
    assert _refusals(build.synth()) == {
        "DenyPlainHttp": {
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"],
            "Resource": ["<aws_s3_bucket.Audit.arn>", objects],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        "DenyKeysOfCallers": put | {"Condition": {"Null": {f"{encryption}-customer-algorithm": "false"}}},
        "DenyForeignKeys": put
        | {
            "Condition": {
                "Null": {encryption: "false"},
                "StringNotEquals": {f"{encryption}-aws-kms-key-id": "<aws_kms_key.Key.arn>"},
            }
        },
    }


def test_a_bucket_without_a_key_of_ours_refuses_keys_that_only_a_caller_has(build: Builder) -> None:
    PrivateBucket(build.stack, "State", name="state")
    assert list(_refusals(build.synth())) == ["DenyPlainHttp", "DenyKeysOfCallers"]


def test_who_reads_one_object_can_read_no_other(build: Builder) -> None:
    bucket = PrivateBucket(build.stack, "State", name="state")
    bucket.grant_read(_role(build), key="one.zip")
    [statement] = policy(build.synth().one("aws_iam_role_policy")["policy"])
    assert statement["Action"] == ["s3:GetObject"]
    assert statement["Resource"] == ["<aws_s3_bucket.State.arn>/one.zip"]


def test_audit_objects_go_to_glacier_after_thirty_days_and_leftovers_go_away(build: Builder) -> None:
    AuditBucket(build.stack, "Audit", name="audit-1", key=build.key(), destroy_with_content=True)
    made = build.synth()
    rules = {r["id"]: r for r in made.one("aws_s3_bucket_lifecycle_configuration")["rule"]}
    assert rules["archive"]["transition"] == [{"days": 30, "storage_class": "GLACIER"}]
    assert rules["forget-old-versions"]["noncurrent_version_expiration"] == [{"noncurrent_days": 90}]
    assert rules["drop-unfinished-uploads"]["abort_incomplete_multipart_upload"] == [
        {"days_after_initiation": 7}
    ]
    assert made.one("aws_s3_bucket")["force_destroy"] is True


def test_who_adds_in_two_places_of_a_bucket_may_add_in_both(build: Builder) -> None:
    bucket = AuditBucket(build.stack, "Audit", name="a", key=build.key(), destroy_with_content=False)
    role = _role(build)
    bucket.grant_put(role, prefix="events/")
    bucket.grant_put(role, prefix="reports/")
    statements = policy(build.synth().one("aws_iam_role_policy")["policy"])
    places = [f"<aws_s3_bucket.Audit.arn>/{prefix}/*" for prefix in ("events", "reports")]
    assert [statement["Resource"] for statement in statements] == [[place] for place in places]


def test_who_adds_to_the_audit_can_neither_read_nor_delete(build: Builder) -> None:
    bucket = AuditBucket(build.stack, "Audit", name="a", key=build.key(), destroy_with_content=False)
    bucket.grant_put(_role(build), prefix="events/")
    [statement] = policy(build.synth().one("aws_iam_role_policy")["policy"])
    assert statement["Action"] == ["s3:PutObject"]
    assert statement["Resource"] == ["<aws_s3_bucket.Audit.arn>/events/*"]


def test_a_secret_is_generated_where_neither_plan_nor_state_can_see_it(build: Builder) -> None:
    secret = Secret(
        build.stack,
        "Pepper",
        name="payments-dev/pepper",
        description="d",
        key=build.key(),
        recovery_window=timedelta(0),
    )
    secret.grant_read(_role(build))
    made = build.synth()
    [(generator, arguments)] = made.all("aws_secretsmanager_random_password", block="ephemeral").items()
    assert arguments == {"password_length": 64, "exclude_punctuation": True}
    assert made.one("aws_secretsmanager_secret_version") == {
        "secret_id": "${aws_secretsmanager_secret.Pepper.id}",
        "secret_string_wo": (
            f"${{ephemeral.aws_secretsmanager_random_password.{generator}.random_password}}"
        ),
        "secret_string_wo_version": 1,
    }
    assert made.one("aws_secretsmanager_secret")["recovery_window_in_days"] == 0
    [statement] = policy(made.one("aws_iam_role_policy")["policy"])
    assert statement["Action"] == ["secretsmanager:GetSecretValue"]
