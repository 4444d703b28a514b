"""Corrections of S3."""

from __future__ import annotations

from tests.ops.local.support import Clients


def test_an_object_that_came_in_parts_has_the_tags_of_its_beginning(aws: Clients) -> None:
    s3, target = aws("s3"), {"Bucket": "in-parts", "Key": "worker.zip"}
    s3.create_bucket(Bucket="in-parts", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="in-parts", VersioningConfiguration={"Status": "Enabled"})
    upload = s3.create_multipart_upload(**target, Tagging="Environment=dev&Team=a%20b")["UploadId"]
    part = s3.upload_part(**target, UploadId=upload, PartNumber=1, Body=b"code")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": part}]}
    s3.complete_multipart_upload(**target, UploadId=upload, MultipartUpload=parts)
    tags = {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(**target)["TagSet"]}
    assert tags == {"Environment": "dev", "Team": "a b"}
