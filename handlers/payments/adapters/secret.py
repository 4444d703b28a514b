"""Secrets."""

from typing import Any


def read_secret(client: Any, secret_id: str) -> str:
    """The whole secret string. Needs secretsmanager:GetSecretValue on it."""
    return str(client.get_secret_value(SecretId=secret_id)["SecretString"])
