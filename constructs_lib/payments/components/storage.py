"""Storage: the table of payments, the audit bucket, and the pepper with which API keys are hashed."""

from datetime import timedelta

from constructs import Construct

from constructs_lib.aws.checkov import accept
from constructs_lib.aws.security.key import AnyKey
from constructs_lib.aws.security.secret import Secret
from constructs_lib.aws.storage.bucket import PrivateBucket
from constructs_lib.aws.storage.lifecycle import archive, drop_unfinished_uploads, forget_old_versions
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.payments.table import PaymentsTable

ARCHIVE_AFTER = timedelta(days=30)
KEEP_OLD_VERSIONS = timedelta(days=90)
KEEP_UNFINISHED_UPLOADS = timedelta(days=7)


class AuditBucket(PrivateBucket):
    """Creates a private bucket whose objects move to Glacier after 30 days and stay there."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, key: AnyKey, destroy_with_content: bool
    ) -> None:
        super().__init__(
            scope,
            id,
            name=name,
            key=key,
            destroy_with_content=destroy_with_content,
            lifecycle=[
                archive(ARCHIVE_AFTER),
                forget_old_versions(KEEP_OLD_VERSIONS),
                drop_unfinished_uploads(KEEP_UNFINISHED_UPLOADS),
            ],
        )
        accept(
            self.resource,
            CKV_AWS_18="CloudTrail data events record access; a bucket of access logs would need the same",
            CKV_AWS_144="versions and Glacier keep objects; a second region doubles the cost",
            CKV2_AWS_62="no consumer needs notifications: the events are on the bus",
        )


class Storage:
    """Creates the stateful resources."""

    def __init__(self, foundation: Foundation) -> None:
        stack, naming, key = foundation.stack, foundation.naming, foundation.key
        protected = foundation.environment.protected
        self.table = PaymentsTable(
            stack, "Payments", name=naming.prefix, key=key, deletion_protection=protected
        )
        self.audit = AuditBucket(
            stack,
            "Audit",
            name=naming.bucket("audit", foundation.account.id),
            key=key,
            destroy_with_content=not protected,
        )
        self.pepper = Secret(
            stack,
            "Pepper",
            name=naming.secret("pepper"),
            description="For hashes of merchants' API keys and signatures of cursors",
            key=key,
            recovery_window=foundation.secret_recovery,
        )
