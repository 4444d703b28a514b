"""Code for machines."""

from __future__ import annotations

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
    """A private bucket of zips. It goes with its content: every zip can be built again."""

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
            CKV_AWS_18="code from the repository: who reads it tells nothing",
            CKV_AWS_144="every zip can be built again, byte for byte",
            CKV2_AWS_62="a machine is told by its launch template, nobody waits for an object",
        )


class Artifact(Construct):
    """A zip in a bucket, at a key made of its content: a key never means other code than it did."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, bucket: ArtifactBucket, sources: Mapping[str, Path]
    ) -> None:
        """`sources`: place in the zip to file or folder, as packaging.build_zip takes them."""
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
            # By name, so that it need not wait for the bucket's default encryption.
            server_side_encryption="aws:kms",
            kms_key_id=bucket.key.arn,
        )

    def grant_read(self, grantee: Grantee) -> None:
        """s3:GetObject of this zip, and use of the key."""
        self.bucket.grant_read(grantee, key=self.key)
