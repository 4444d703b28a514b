"""Webhooks in the table: of two writers one writes, and a failure does not count as a lost race."""

from typing import Any

import pytest

from payments.adapters.webhook_table import WebhookTable
from payments.ports import Unavailable
from payments.webhooks.delivery import Delivery
from tests.handlers.scripted import Scripted, failure

PAYMENT = "a" * 24
DELIVERY = Delivery(
    id="wd_" + PAYMENT + "aaab" + "c" * 24,
    event=f"evt_{PAYMENT}aaab",
    endpoint="we_" + "c" * 24,
    merchant="acme",
    payment=f"pay_{PAYMENT}",
    type="payment.created",
    created="2026-03-01T12:00:00.000Z",
    expires_at=2_000_000_000,
)


@pytest.mark.integration
def test_of_two_writers_of_one_version_one_writes(dynamodb: Any, table_name: str) -> None:
    table = WebhookTable(dynamodb, table_name)
    first = DELIVERY.started(1_000)
    assert [table.put(first), table.put(first)] == [True, False]
    second = first.started(2_000)
    assert [table.put(second), table.put(second), table.put(first)] == [True, False, False]
    assert table.delivery(DELIVERY.id) == second
    assert table.due_deliveries(10**10, 10) == [DELIVERY.id]
    assert table.due_deliveries(2_000, 10) == []


def test_what_fails_otherwise_is_a_failure() -> None:
    table = WebhookTable(Scripted([failure("AccessDeniedException"), failure("Throttled", 503)]), "t")
    with pytest.raises(Exception, match="AccessDenied"):
        table.put(DELIVERY.started(1_000))
    with pytest.raises(Unavailable):
        table.put(DELIVERY.started(1_000))
