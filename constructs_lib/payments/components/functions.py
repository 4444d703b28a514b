"""What is done: a function for each job, its environment and everything that it may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from constructs_lib.aws.api.usage_plan import meter
from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.messaging.queue import Queue
from constructs_lib.aws.network.network import AnyNetwork
from constructs_lib.aws.security.secret import Secret
from constructs_lib.aws.security.secret_rotation import SecretRotation
from constructs_lib.payments.audit_bucket import AuditBucket
from constructs_lib.payments.components.events import Events
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.payments.components.gateway import PaymentGateway
from constructs_lib.payments.components.runtime import Runtime, make_runtime
from constructs_lib.payments.components.storage import Storage
from constructs_lib.payments.table import Table

EVENTS_PREFIX = "events/"
BATCH = 10
MAX_CONCURRENCY = 10
SWEEP_TIMEOUT = timedelta(minutes=1)
SEND_TIMEOUT = timedelta(minutes=1)  # a batch whose endpoints all hang until they are cut off
ROTATION_TIMEOUT = timedelta(seconds=30)
PEPPER_LIFE = timedelta(days=90)
# A name that does not resolve costs a second try, not the 20 s that glibc waits by default.
QUICK_RESOLVER = "timeout:2 attempts:2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Functions:
    authorizer: Function
    payment_processor: Function
    event_handler: Function
    sweeper: Function
    webhook_sender: Function
    rotation: Function


def make_functions(
    foundation: Foundation, network: AnyNetwork, storage: Storage, events: Events, gateway: PaymentGateway
) -> Functions:
    runtime = make_runtime(foundation, network)
    return Functions(
        authorizer=_authorizer(runtime, storage),
        payment_processor=_payment_processor(runtime, storage, gateway),
        event_handler=_event_handler(runtime, events.queue, storage.audit),
        sweeper=_sweeper(runtime, storage.table, events.webhooks, gateway),
        webhook_sender=_webhook_sender(runtime, events.webhooks, storage.table),
        rotation=_rotation(runtime, storage.pepper),
    )


def _authorizer(runtime: Runtime, storage: Storage) -> Function:
    """Knows merchants by their keys."""
    function = runtime.function(
        "Authorizer",
        "authorizer",
        timeout=runtime.foundation.environment.lambda_.authorizer_timeout,
        environment={
            "TABLE_NAME": storage.table.name,
            "PEPPER_SECRET_ID": storage.pepper.arn,
            "METER": meter(runtime.foundation.naming.prefix),
        },
    )
    storage.table.grant_read(function)
    storage.pepper.grant_read(function)
    return function


def _payment_processor(runtime: Runtime, storage: Storage, gateway: PaymentGateway) -> Function:
    """Answers the API."""
    environment = runtime.foundation.environment
    function = runtime.function(
        "PaymentProcessor",
        "payment_processor",
        timeout=environment.lambda_.payment_processor_timeout,
        environment={
            "TABLE_NAME": storage.table.name,
            "PEPPER_SECRET_ID": storage.pepper.arn,
            "MAX_AMOUNT": str(environment.payments.max_amount),
            "IDEMPOTENCY_LEASE_SECONDS": _lease(environment.lambda_.payment_processor_timeout),
            "RES_OPTIONS": QUICK_RESOLVER,
            **gateway.variables,
        },
        ships=gateway.sdk,
    )
    gateway.grant_use(function)
    storage.table.grant_read_write(function)
    storage.table.grant_query(function, indexes=["by_merchant", "by_status"])
    storage.pepper.grant_read(function)
    return function


def _event_handler(runtime: Runtime, queue: Queue, audit: AuditBucket) -> Function:
    """Keeps events as evidence."""
    function = runtime.function(
        "EventHandler",
        "event_handler",
        timeout=runtime.foundation.environment.lambda_.event_handler_timeout,
        environment={"AUDIT_BUCKET": audit.name},
    )
    audit.grant_put(function, prefix=EVENTS_PREFIX)
    function.consume(queue, batch_size=BATCH, max_concurrency=MAX_CONCURRENCY)
    return function


def _sweeper(runtime: Runtime, table: Table, webhooks: Queue, gateway: PaymentGateway) -> Function:
    """Finishes what time decides: unknown outcomes, lapsed authorizations, webhooks that are due."""
    function = runtime.function(
        "Sweeper",
        "sweeper",
        timeout=SWEEP_TIMEOUT,
        environment={
            "TABLE_NAME": table.name,
            "IDEMPOTENCY_LEASE_SECONDS": _lease(SWEEP_TIMEOUT),
            "WEBHOOKS_QUEUE_URL": webhooks.url,
            **gateway.variables,
        },
        ships=gateway.sdk,
    )
    gateway.grant_use(function)
    table.grant_read_write(function)
    table.grant_query(function, indexes=["by_due"])
    webhooks.grant_send(function)
    return function


def _webhook_sender(runtime: Runtime, webhooks: Queue, table: Table) -> Function:
    """Tells merchants."""
    function = runtime.function(
        "WebhookSender",
        "webhook_sender",
        timeout=SEND_TIMEOUT,
        environment={"TABLE_NAME": table.name, "RES_OPTIONS": QUICK_RESOLVER},
    )
    table.grant_read_write(function)
    table.grant_query(function)
    function.consume(webhooks, batch_size=BATCH, max_concurrency=MAX_CONCURRENCY)
    return function


def _rotation(runtime: Runtime, pepper: Secret) -> Function:
    """Gives the pepper another value."""
    function = runtime.function("Rotation", "rotation", timeout=ROTATION_TIMEOUT, environment={})
    SecretRotation(
        runtime.foundation.stack,
        "PepperRotation",
        secret=pepper,
        function=function,
        every=PEPPER_LIFE,
        account=runtime.foundation.account,
    )
    return function


def _lease(timeout: timedelta) -> str:
    """Returns the seconds for which a function's attempts hold a payment: the longest time it can run."""
    return str(int(timeout.total_seconds()))
