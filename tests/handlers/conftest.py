import secrets
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from hypothesis import settings

from ops import checkout
from ops.local import engine
from payments.adapters.clients import client
from payments.adapters.items import INDEXES

# No deadline: a busy machine is not a broken rule. No database: nothing is left in the tree.
settings.register_profile("handlers", deadline=None, max_examples=60, database=None)
settings.load_profile("handlers")


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Starts a local AWS for these tests and returns its environment variables."""
    folder = tmp_path_factory.mktemp("local-aws")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the daemon outlives the handle on its process
        running = engine.start(folder, python=checkout.python(folder=".venv-emulator"))
    yield engine.environment(running, "123456789012")
    engine.stop(folder)


@pytest.fixture
def aws(local_aws: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Connects new clients to the local AWS."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers the environment of its first client
    for name, value in local_aws.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def dynamodb(aws: None) -> Any:
    return client("dynamodb")


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


@pytest.fixture
def table_name(new_table: Callable[[], str]) -> str:
    """Creates an empty table with the keys of the real one."""
    return new_table()


@pytest.fixture
def new_table(dynamodb: Any) -> Callable[[], str]:
    """Returns a function that creates such a table and returns its name."""

    def create() -> str:
        name = f"payments-{secrets.token_hex(4)}"
        dynamodb.create_table(
            TableName=name,
            KeySchema=_keys("pk", "sk"),
            AttributeDefinitions=[
                {"AttributeName": attribute, "AttributeType": "N" if attribute == "due_sk" else "S"}
                for attribute in sorted({"pk", "sk", *(key for keys in INDEXES.values() for key in keys)})
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index,
                    "KeySchema": _keys(*keys),
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
                for index, keys in INDEXES.items()
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        return name

    return create
