"""Test doubles for the handlers: a manual clock, a store in memory, a recording gateway."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from secrets import token_bytes
from typing import Any, cast

from payment_processor.application import Application, Services
from payment_processor.routes import ROUTES
from payments.adapters.gateways import Simulator
from payments.api.api_keys import Pepper
from payments.api.idempotency import Record
from payments.api.pagination import Cursors
from payments.changes import Change, Event
from payments.executor import RequestExecutor
from payments.formats import IdGenerator, random_id
from payments.ledger import Entry
from payments.payment import Approved, Outcome, Payment, Result, Status
from payments.ports import NOT_CHARGED, Busy, Changed, Gateway, Lists, Movement, Order, Page, Store, Window
from payments.refund import Refund, RefundStatus
from payments.settlement import settle_payment
from payments.telemetry import Log, Metrics
from payments.webhooks.management import WebhookEndpoints
from payments.webhooks.store import WebhookStore
from tests.handlers.document import answer_faults

CARD = "4242424242424242"
BODY = {"amount": 1250, "currency": "EUR", "payment_method": "pm_approved", "metadata": {"order": "A-1"}}
LONGEST_ATTEMPT = 29  # seconds
LEASE = LONGEST_ATTEMPT + 1  # after so many seconds, whenever it began, a lease is over
PEPPER = Pepper("0b7f4c1e-6a55-4c83-9d7e-2f6a1b8c9d4e", "pepper")
SCOPES = "payments:read payments:write"
_requests = count()


class Killed(BaseException):
    """Represents the end of the process: nothing may catch it."""


@dataclass
class Time:
    """Represents a clock that moves only by `forward`."""

    now: datetime = datetime(2026, 3, 1, 12, 0, 0, 123456, UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class MemoryStore:
    """Implements payments.ports.Store and Lists in memory, with one lock."""

    records: dict[tuple[str, str], Record] = field(default_factory=dict)
    payments_by_id: dict[str, Payment] = field(default_factory=dict)
    refunds_by_id: dict[str, Refund] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    calls: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def claim(self, record: Record, change: Change, now: int) -> Record | None:
        with self.lock:
            self.calls += 1
            existing_record = self.records.get((record.merchant, record.digest))
            if existing_record and existing_record.expires_at > now:
                return existing_record
            self._write(change)
            self.records[record.merchant, record.digest] = record
            return None

    def replace(self, record: Record, *, held_by: str, change: Change | None = None) -> Record | None:
        with self.lock:
            self.calls += 1
            existing_record = self.records.get((record.merchant, record.digest))
            if existing_record is None:
                raise Changed("the record is gone")
            if existing_record.attempt != held_by or existing_record.answer:
                return existing_record
            if change:
                self._write(change)
            self.records[record.merchant, record.digest] = record
            return None

    def write(self, change: Change, attempt: str) -> None:
        with self.lock:
            self.calls += 1
            self._write(change)

    def record(self, merchant: str, digest: str) -> Record | None:
        with self.lock:
            self.calls += 1
            return self.records.get((merchant, digest))

    def payment(self, payment_id: str) -> Payment | None:
        with self.lock:
            self.calls += 1
            return self.payments_by_id.get(payment_id)

    def refund(self, refund_id: str) -> Refund | None:
        with self.lock:
            self.calls += 1
            return self.refunds_by_id.get(refund_id)

    def payments_of(self, merchant: str) -> list[Payment]:
        return [payment for payment in self.payments_by_id.values() if payment.merchant == merchant]

    def payments(self, merchant: str, status: Status | None, window: Window) -> Page[Payment]:
        return newest(
            [p for p in self.payments_of(merchant) if status in (None, p.status)],
            lambda payment: f"{payment.created}#{payment.id}",
            window,
        )

    def refunds(self, payment: str, window: Window) -> Page[Refund]:
        found = [refund for refund in self.refunds_by_id.values() if refund.payment == payment]
        return newest(found, lambda refund: refund.id, window)

    def events(self, merchant: str, payment: str | None, window: Window) -> Page[Event]:
        found = [e for e in self.events_written if e.merchant == merchant and payment in (None, e.payment)]
        return newest(found, lambda event: f"{event.created}#{event.id}", window)

    def event(self, event_id: str) -> Event | None:
        return next((event for event in self.events_written if event.id == event_id), None)

    def due(self, now: int, limit: int) -> list[str]:
        found = [p for p in self.payments_by_id.values() if p.due and p.due <= now]
        return [p.id for p in sorted(found, key=lambda p: p.due or 0)[:limit]]

    def _write(self, change: Change) -> None:
        existing = self.payments_by_id.get(change.payment.id)
        if (existing.version if existing else 0) != change.payment.version - 1:
            raise Changed("the payment has changed")
        self.payments_by_id[change.payment.id] = change.payment
        self.changes.append(change)
        if change.refund:
            known = self.refunds_by_id.get(change.refund.id)
            assert known is None or known.status is RefundStatus.PENDING
            self.refunds_by_id[change.refund.id] = change.refund

    @property
    def entries(self) -> list[Entry]:
        return [entry for change in self.changes for entry in change.entries]

    @property
    def events_written(self) -> list[Event]:
        return [change.event for change in self.changes if change.event]


def newest[T](found: list[T], position: Callable[[T], str], window: Window) -> Page[T]:
    """Returns a page of items by their positions, newest first."""
    found = sorted(
        (item for item in found if not window.after or position(item) < window.after), key=position
    )
    page = found[::-1][: window.limit]
    return Page(page, position(page[-1]) if len(found) > window.limit else None)


@dataclass
class RecordingGateway:
    """Records requests and forwards them to the simulator; each key is executed once."""

    behind: Gateway = field(default_factory=Simulator)
    orders: list[Order] = field(default_factory=list)
    movements: list[tuple[str, Movement]] = field(default_factory=list)

    def charge(self, order: Order) -> Outcome | Busy:
        self.orders.append(order)
        return self.behind.charge(order)

    def find(self, order: Order) -> Outcome | Busy:
        return self.behind.find(order) if order in self.orders else NOT_CHARGED

    def capture(self, movement: Movement) -> Result | Busy:
        self.movements.append(("capture", movement))
        return self.behind.capture(movement)

    def cancel(self, movement: Movement) -> Result | Busy:
        self.movements.append(("cancel", movement))
        return self.behind.cancel(movement)

    def refund(self, movement: Movement) -> Result | Busy:
        self.movements.append(("refund", movement))
        return self.behind.refund(movement)

    @property
    def charges(self) -> dict[str, Order]:
        """Returns approved charges by idempotency key."""
        approved = [order for order in self.orders if isinstance(self.behind.charge(order), Approved)]
        return {order.idempotency_key: order for order in approved}

    def moved(self, kind: str) -> int:
        """Returns the moved money of one kind, each key once."""
        return sum({m.idempotency_key: m.amount for made, m in self.movements if made == kind}.values())


@dataclass
class World:
    """Represents an application with its ports, its log lines and its metric lines."""

    store: Store = field(default_factory=MemoryStore)
    gateway: Gateway = field(default_factory=RecordingGateway)
    time: Time = field(default_factory=Time)
    lines: list[str] = field(default_factory=list)
    measured: list[str] = field(default_factory=list)
    level: str = "INFO"
    id_generator: IdGenerator = random_id
    index: Lists | None = None
    webhook_store: Any = None
    check: Callable[[str], object] = lambda url: None

    @property
    def application(self) -> Application:
        log = Log(self.level, self.time, self.lines.append)
        services = Services(
            executor=self.executor,
            lists=self.lists,
            cursors=Cursors(lambda: PEPPER, {PEPPER.version: PEPPER.value}.get),
            webhooks=self.endpoints,
            cap=1_000_000,
        )
        return Application(ROUTES, services, log, self.metrics)

    @property
    def metrics(self) -> Metrics:
        return Metrics("dev", self.time, self.measured.append)

    @property
    def webhooks(self) -> WebhookStore:
        """Returns the webhooks of the store in memory, unless others are set."""
        if self.webhook_store is None:
            from tests.handlers.webhooks.memory import MemoryWebhooks

            self.webhook_store = MemoryWebhooks(cast(MemoryStore, self.store))
        return cast(WebhookStore, self.webhook_store)

    @property
    def endpoints(self) -> WebhookEndpoints:
        return WebhookEndpoints(
            executor=self.executor, store=self.webhooks, check=self.check, random_bytes=token_bytes
        )

    @property
    def lists(self) -> Lists:
        """Returns the index; the store in memory is its own."""
        return self.index or cast(MemoryStore, self.store)

    @property
    def executor(self) -> RequestExecutor:
        return RequestExecutor(
            store=self.store,
            gateway=self.gateway,
            clock=self.time,
            id_generator=self.id_generator,
            lease=LONGEST_ATTEMPT,
            metrics=self.metrics,
        )

    def send(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the answer with its parsed body under `json`; the OpenAPI document must allow it."""
        answer = self.application(event, None)
        assert list(answer_faults(event, answer)) == []
        return answer | {"json": json.loads(answer["body"])}

    def settle(self, payment: str) -> Payment | None:
        return settle_payment(self.executor, payment)

    def create(self, body: Any = BODY, key: str = "key", **more: Any) -> dict[str, Any]:
        return self.send(post(body, key, **more))

    def get(self, payment: str, **more: Any) -> dict[str, Any]:
        return self.send(get(payment, **more))

    def authorized(self, amount: int = 1250) -> str:
        """Returns the id of a payment that requires capture."""
        body = BODY | {"amount": amount, "capture_method": "manual"}
        return str(self.create(body, f"authorized {next(_requests)}")["json"]["id"])

    def do(self, verb: str, payment: str, body: Any = None, key: str = "key", **more: Any) -> dict[str, Any]:
        return self.send(post_to(verb, payment, body, key, **more))


def proxy_event(
    method: str,
    route: str,
    *,
    path_values: Mapping[str, str] | None = None,
    headers: Mapping[str, str | list[str]] | None = None,
    query: Mapping[str, list[str]] | None = None,
    body: str | None = None,
    base64: bool = False,
    merchant: str | None = "acme",
    scopes: str = SCOPES,
) -> dict[str, Any]:
    """Returns an event of API Gateway for a REST API (payload 1.0)."""
    context: dict[str, Any] = {"requestId": f"00000000-0000-4000-8000-{next(_requests):0>12x}"}
    if merchant:
        context["authorizer"] = {"merchant": merchant, "key_id": "AbcdefGhijkl", "scopes": scopes}
    return {
        "resource": route,
        "path": route.format_map(path_values or {}),
        "httpMethod": method,
        "multiValueHeaders": {
            name: value if isinstance(value, list) else [value] for name, value in (headers or {}).items()
        },
        "multiValueQueryStringParameters": query,
        "pathParameters": path_values,
        "requestContext": context,
        "body": body,
        "isBase64Encoded": base64,
    }


def post(body: Any, key: str | None = "key", **more: Any) -> dict[str, Any]:
    """Returns the event of POST /v1/payments; a text is sent unchanged."""
    headers = ({} if key is None else {"Idempotency-Key": key}) | more.pop("headers", {})
    text = body if isinstance(body, str) else json.dumps(body)
    return proxy_event("POST", more.pop("route", "/v1/payments"), headers=headers, body=text, **more)


def listed(route: str, *, path_values: Mapping[str, str] | None = None, **query: Any) -> dict[str, Any]:
    """Returns the event of a list request."""
    merchant = query.pop("merchant", "acme")
    values = {name: [str(value)] for name, value in query.items()} or None
    return proxy_event("GET", route, path_values=path_values, query=values, merchant=merchant)


def get_refund(refund: str, **more: Any) -> dict[str, Any]:
    """Returns the event of GET /v1/refunds/{id}."""
    return proxy_event("GET", "/v1/refunds/{id}", path_values={"id": refund}, **more)


def post_to(
    verb: str, payment: str, body: Any = None, key: str | None = "key", **more: Any
) -> dict[str, Any]:
    """Returns the event of POST /v1/payments/{id}/capture, cancel or refunds."""
    route, path_values = f"/v1/payments/{{id}}/{verb}", {"id": payment}
    return post("" if body is None else body, key, route=route, path_values=path_values, **more)


def get(payment: str, **more: Any) -> dict[str, Any]:
    """Returns the event of GET /v1/payments/{id}."""
    return proxy_event("GET", "/v1/payments/{id}", path_values={"id": payment}, **more)
