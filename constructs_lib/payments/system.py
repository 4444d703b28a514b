"""Composition of an environment: its components and the order in which they are created."""

from collections.abc import Mapping
from dataclasses import dataclass

from cdktf import TerraformStack

from constructs_lib.aws.messaging.queue import DeadLetterQueue
from constructs_lib.payments.components.api import Api, make_api
from constructs_lib.payments.components.costs import make_costs
from constructs_lib.payments.components.events import Events, make_events
from constructs_lib.payments.components.fleet import Workers, make_fleet
from constructs_lib.payments.components.foundation import Foundation, make_foundation
from constructs_lib.payments.components.functions import Functions, make_functions
from constructs_lib.payments.components.gateway import make_gateway
from constructs_lib.payments.components.network import Networking, make_network
from constructs_lib.payments.components.schedules import make_schedules
from constructs_lib.payments.components.security import make_security
from constructs_lib.payments.components.storage import Storage, make_storage
from constructs_lib.payments.registry import UNDELIVERED
from constructs_lib.settings.schema import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Represents the components of one environment, for monitoring and publication."""

    foundation: Foundation
    networking: Networking
    storage: Storage
    events: Events
    functions: Functions
    api: Api
    workers: Workers

    @property
    def dead_letters(self) -> dict[str, DeadLetterQueue]:
        """Returns every dead-letter queue by the name of its queue."""
        queues = {name: queue.dead_letters for name, queue in self.events.queues.items()}
        return {**queues, UNDELIVERED: self.events.undelivered}


def make_system(stack: TerraformStack, environment: Environment, tags: Mapping[str, str]) -> System:
    """Creates the components.

    The API calls functions, which move money through the payment gateway and store payments. Every
    stored change produces an event. Schedules complete payments that no caller retries. Workers reconcile
    settlements.
    """
    foundation = make_foundation(stack, environment)
    networking = make_network(foundation)
    network = networking.network
    storage = make_storage(foundation)
    gateway = make_gateway(foundation)
    events = make_events(foundation, storage.table)
    functions = make_functions(foundation, network, storage, events, gateway)
    make_schedules(foundation, events, functions["sweeper"])
    api = make_api(foundation, functions)
    workers = make_fleet(foundation, network, storage, events, gateway, tags)
    make_security(
        foundation, network, events.undelivered, {"audit": storage.audit, "artifacts": workers.artifacts}
    )
    make_costs(foundation)
    return System(
        foundation=foundation,
        networking=networking,
        storage=storage,
        events=events,
        functions=functions,
        api=api,
        workers=workers,
    )
