"""Audit objects in the bucket."""

from typing import Any

from botocore.exceptions import ClientError

from payments.audit import AuditObject


def write_once(client: Any, bucket: str, audit: AuditObject) -> bool:
    """Whether this call wrote it; an object that is there already is left as it is. Needs s3:PutObject."""
    try:
        client.put_object(
            Bucket=bucket,
            Key=audit.key,
            Body=audit.line.encode(),
            ContentType="application/x-ndjson",
            IfNoneMatch="*",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
        return False
    return True


def write(client: Any, bucket: str, key: str, text: str) -> None:
    """Over what was there before, which the bucket keeps as an older version. Needs s3:PutObject."""
    client.put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="application/json")
