"""Secrets of Secrets Manager by version. Needs secretsmanager:GetSecretValue on each."""

from typing import Any

from botocore.exceptions import ClientError

from payments.adapters.table import transient_as_unavailable
from payments.api.api_keys import Pepper


def current_pepper(client: Any, secret_id: str) -> Pepper:
    """Returns the current version of the pepper. Raises Unavailable."""
    found = _read(client, SecretId=secret_id)
    return Pepper(found["VersionId"], found["SecretString"])


def latest_secret(client: Any, secret_id: str) -> str:
    """Returns the text of the current version. Raises Unavailable."""
    return str(_read(client, SecretId=secret_id)["SecretString"])


def read_secret(client: Any, secret_id: str, version: str) -> str:
    """Returns the text of one version. Raises Unavailable."""
    return str(_read(client, SecretId=secret_id, VersionId=version)["SecretString"])


def find_secret(client: Any, secret_id: str, version: str) -> str | None:
    """Returns the text of one version, or None if it does not exist. Raises Unavailable."""
    try:
        return read_secret(client, secret_id, version)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None


def _read(client: Any, **arguments: str) -> Any:
    with transient_as_unavailable():
        return client.get_secret_value(**arguments)
