"""Fillers of S3."""

from __future__ import annotations

from tests.ops.local.support import Clients


def test_an_object_that_came_in_parts_has_the_tags_of_its_beginning(aws: Clients) -> None:
    s3, place = aws("s3"), {"Bucket": "in-parts", "Key": "worker.zip"}
    s3.create_bucket(Bucket="in-parts", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="in-parts", VersioningConfiguration={"Status": "Enabled"})
    upload = s3.create_multipart_upload(**place, Tagging="Environment=dev&Team=a%20b")["UploadId"]
    part = s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"code")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": part}]}
    s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=parts)
    tags = {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(**place)["TagSet"]}
    assert tags == {"Environment": "dev", "Team": "a b"}
