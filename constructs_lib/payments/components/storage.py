"""Storage: the table of payments, the audit bucket, and the pepper with which API keys are hashed."""

from __future__ import annotations

from dataclasses import dataclass

from constructs_lib.aws.security.secret import Secret
from constructs_lib.aws.storage.table import Table
from constructs_lib.payments.audit_bucket import AuditBucket
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.payments.table import PaymentsTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Represents the stateful resources."""

    table: Table
    audit: AuditBucket
    pepper: Secret


def make_storage(foundation: Foundation) -> Storage:
    """Creates the stateful resources."""
    stack, naming, key = foundation.stack, foundation.naming, foundation.key
    protected = foundation.environment.protected
    return Storage(
        table=PaymentsTable(stack, "Payments", name=naming.prefix, key=key, deletion_protection=protected),
        audit=AuditBucket(
            stack,
            "Audit",
            name=naming.bucket("audit", foundation.account.id),
            key=key,
            destroy_with_content=not protected,
        ),
        pepper=Secret(
            stack,
            "Pepper",
            name=naming.secret("pepper"),
            description="For hashes of merchants' API keys and signatures of cursors",
            key=key,
            recovery_window=foundation.secret_recovery,
        ),
    )
