"""Lambda functions, each with its environment variables and permissions."""

from collections.abc import Mapping
from datetime import timedelta

from constructs_lib.aws.api.usage_plan import usage_plan_key
from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.compute.secret_rotation import SecretRotation
from constructs_lib.aws.messaging.queue import Queue
from constructs_lib.aws.network.network import AnyNetwork
from constructs_lib.aws.security.secret import Secret
from constructs_lib.aws.storage.table import Table
from constructs_lib.payments.components.events import Events
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.payments.components.gateway import PaymentGateway
from constructs_lib.payments.components.runtime import Runtime
from constructs_lib.payments.components.storage import AuditBucket, Storage
from constructs_lib.payments.registry import FUNCTIONS

EVENTS_PREFIX = "events/"
SWEEP_TIMEOUT = timedelta(minutes=1)
SEND_TIMEOUT = timedelta(minutes=1)  # a batch whose endpoints all hang until they time out
ROTATION_TIMEOUT = timedelta(seconds=30)
PEPPER_ROTATION = timedelta(days=90)
# A name that does not resolve costs a second try, not the 20 s that glibc waits by default.
QUICK_RESOLVER = "timeout:2 attempts:2"

type Functions = Mapping[str, Function]  # by their names in the registry


def make_functions(
    foundation: Foundation, network: AnyNetwork, storage: Storage, events: Events, gateway: PaymentGateway
) -> Functions:
    """Creates the functions of the registry. Raises KeyError if this module creates none for an entry."""
    runtime = Runtime(foundation, network, events)
    _authorizer(runtime, storage)
    _payment_processor(runtime, storage, gateway)
    _event_handler(runtime, storage.audit)
    _sweeper(runtime, storage.table, events.queues["webhooks"], gateway)
    _webhook_sender(runtime, storage.table)
    _rotation(runtime, storage.pepper)
    runtime.consume_queues()
    return {name: runtime.functions[name] for name in FUNCTIONS}


def _authorizer(runtime: Runtime, storage: Storage) -> None:
    function = runtime.function(
        "authorizer",
        timeout=runtime.foundation.environment.lambda_.authorizer_timeout,
        environment={
            "TABLE_NAME": storage.table.name,
            "PEPPER_SECRET_ID": storage.pepper.arn,
            "USAGE_PLAN_KEY": usage_plan_key(runtime.foundation.naming.prefix),
        },
    )
    storage.table.grant_read(function)
    storage.pepper.grant_read(function)


def _payment_processor(runtime: Runtime, storage: Storage, gateway: PaymentGateway) -> None:
    environment = runtime.foundation.environment
    function = runtime.function(
        "payment-processor",
        timeout=environment.lambda_.payment_processor_timeout,
        environment={
            "TABLE_NAME": storage.table.name,
            "PEPPER_SECRET_ID": storage.pepper.arn,
            "MAX_AMOUNT": str(environment.payments.max_amount),
            "IDEMPOTENCY_LEASE_SECONDS": _lease(environment.lambda_.payment_processor_timeout),
            "RES_OPTIONS": QUICK_RESOLVER,
            **gateway.variables,
        },
        packages=gateway.sdk,
    )
    gateway.grant_use(function)
    storage.table.grant_read_write(function)
    storage.table.grant_query(function, indexes=["by_merchant", "by_status"])
    storage.pepper.grant_read(function)


def _event_handler(runtime: Runtime, audit: AuditBucket) -> None:
    function = runtime.function(
        "event-handler",
        timeout=runtime.foundation.environment.lambda_.event_handler_timeout,
        environment={"AUDIT_BUCKET": audit.name},
    )
    audit.grant_put(function, prefix=EVENTS_PREFIX)


def _sweeper(runtime: Runtime, table: Table, webhooks: Queue, gateway: PaymentGateway) -> None:
    function = runtime.function(
        "sweeper",
        timeout=SWEEP_TIMEOUT,
        environment={
            "TABLE_NAME": table.name,
            "IDEMPOTENCY_LEASE_SECONDS": _lease(SWEEP_TIMEOUT),
            "WEBHOOKS_QUEUE_URL": webhooks.url,
            **gateway.variables,
        },
        packages=gateway.sdk,
    )
    gateway.grant_use(function)
    table.grant_read_write(function)
    table.grant_query(function, indexes=["by_due"])
    webhooks.grant_send(function)


def _webhook_sender(runtime: Runtime, table: Table) -> None:
    function = runtime.function(
        "webhook-sender",
        timeout=SEND_TIMEOUT,
        environment={"TABLE_NAME": table.name, "RES_OPTIONS": QUICK_RESOLVER},
    )
    table.grant_read_write(function)
    table.grant_query(function)


def _rotation(runtime: Runtime, pepper: Secret) -> None:
    SecretRotation(
        runtime.foundation.stack,
        "PepperRotation",
        secret=pepper,
        function=runtime.function("rotation", timeout=ROTATION_TIMEOUT, environment={}),
        every=PEPPER_ROTATION,
        account=runtime.foundation.account,
    )


def _lease(timeout: timedelta) -> str:
    """Returns the seconds for which a function's attempts hold a payment: the longest time it can run."""
    return str(int(timeout.total_seconds()))
