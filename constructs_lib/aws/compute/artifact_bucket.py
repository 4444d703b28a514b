"""Zips of code for EC2 instances."""

import base64
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from cdktf import App, AssetType, TerraformAsset
from cdktf_cdktf_provider_aws.s3_object import S3Object
from constructs import Construct

from constructs_lib.aws.checkov import accept
from constructs_lib.aws.compute.packaging import build_zip
from constructs_lib.aws.security.iam import Grantee
from constructs_lib.aws.security.key import AnyKey
from constructs_lib.aws.storage.bucket import PrivateBucket
from constructs_lib.aws.storage.lifecycle import drop_unfinished_uploads, forget_old_versions

KEEP_OLD_VERSIONS = timedelta(days=30)
KEEP_UNFINISHED_UPLOADS = timedelta(days=1)


class ArtifactBucket(PrivateBucket):
    """Creates a private bucket of zips, which Terraform may delete with its content."""

    def __init__(self, scope: Construct, id: str, *, name: str, key: AnyKey) -> None:
        super().__init__(
            scope,
            id,
            name=name,
            key=key,
            destroy_with_content=True,
            lifecycle=[
                forget_old_versions(KEEP_OLD_VERSIONS),
                drop_unfinished_uploads(KEEP_UNFINISHED_UPLOADS),
            ],
        )
        self.key = key
        accept(
            self.resource,
            CKV_AWS_18="code from the repository, no secret data: access logs are of no use",
            CKV_AWS_144="every zip can be built again, byte for byte",
            CKV2_AWS_62="launch templates name the object; no consumer waits for a notification",
        )


class Artifact(Construct):
    """Builds a zip and uploads it under a key with its SHA-256, so that a key always means the same code."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, bucket: ArtifactBucket, sources: Mapping[str, Path]
    ) -> None:
        """`sources`: path in the zip to file or folder, as for packaging.build_zip."""
        super().__init__(scope, id)
        out = Path(App.of(self).outdir) / "artifacts" / f"{name}.zip"
        archive = build_zip(sources, out, bytecode=False)
        asset = TerraformAsset(
            self, "Code", path=str(archive.path), type=AssetType.FILE, asset_hash=archive.hash
        )
        self.sha256 = base64.b64decode(archive.hash).hex()
        self.bucket = bucket
        self.key = f"{name}/{self.sha256}.zip"
        self.resource = S3Object(
            self,
            "Resource",
            bucket=bucket.name,
            key=self.key,
            source=asset.path,
            content_type="application/zip",
            # Explicit, because the upload may come before the default encryption of the bucket.
            server_side_encryption="aws:kms",
            kms_key_id=bucket.key.arn,
        )

    def grant_read(self, grantee: Grantee) -> None:
        """Allows the grantee to read this zip. Actions: s3:GetObject; use of the encryption key."""
        self.bucket.grant_read(grantee, key=self.key)
