"""Objects of the audit bucket."""

from typing import Any

from botocore.exceptions import ClientError

from payments.audit import AuditObject


def write_once(client: Any, bucket: str, audit: AuditObject) -> bool:
    """Writes an object unless it exists. Returns True if this call wrote it. Needs s3:PutObject."""
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
    """Writes an object; the bucket keeps a former one as an older version. Needs s3:PutObject."""
    client.put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="application/json")
