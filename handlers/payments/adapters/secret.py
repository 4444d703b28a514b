"""Secrets, by the versions of their values. Needs secretsmanager:GetSecretValue on each."""

from typing import Any

from botocore.exceptions import ClientError

from payments.adapters.transactions import transient_as_unavailable
from payments.pepper import Pepper


def current_pepper(client: Any, secret_id: str) -> Pepper:
    """The version that new things are made with. Raises Unavailable."""
    found = _latest(client, secret_id)
    return Pepper(found["VersionId"], found["SecretString"])


def latest_secret(client: Any, secret_id: str) -> str:
    """The whole text of the current version. Raises Unavailable."""
    return str(_latest(client, secret_id)["SecretString"])


def read_secret(client: Any, secret_id: str, version: str) -> str:
    """The whole text of one version. Raises Unavailable."""
    with transient_as_unavailable():
        return str(client.get_secret_value(SecretId=secret_id, VersionId=version)["SecretString"])


def find_secret(client: Any, secret_id: str, version: str) -> str | None:
    """The same, None when there is no such version."""
    try:
        return read_secret(client, secret_id, version)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None


def _latest(client: Any, secret_id: str) -> Any:
    with transient_as_unavailable():
        return client.get_secret_value(SecretId=secret_id)
