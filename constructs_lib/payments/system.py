"""Composition of an environment: its components and the order in which they are created."""

from collections.abc import Mapping

from cdktf import TerraformStack

from constructs_lib.aws.messaging.queue import DeadLetterQueue
from constructs_lib.payments.components.api import Api
from constructs_lib.payments.components.costs import make_costs
from constructs_lib.payments.components.events import Events
from constructs_lib.payments.components.fleet import Workers
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.payments.components.functions import make_functions
from constructs_lib.payments.components.gateway import PaymentGateway
from constructs_lib.payments.components.network import make_network
from constructs_lib.payments.components.schedules import make_schedules
from constructs_lib.payments.components.security import make_security
from constructs_lib.payments.components.storage import Storage
from constructs_lib.payments.registry import UNDELIVERED
from constructs_lib.settings.schema import Environment


class System:
    """Creates the components of one environment, and offers them to monitoring and publication.

    The API calls functions, which move money through the payment gateway and store payments. Every
    stored change produces an event. Schedules complete payments that no caller retries. Workers reconcile
    settlements.
    """

    def __init__(self, stack: TerraformStack, environment: Environment, tags: Mapping[str, str]) -> None:
        foundation = self.foundation = Foundation(stack, environment)
        network = self.network = make_network(foundation)
        storage = self.storage = Storage(foundation)
        gateway = PaymentGateway(foundation)
        events = self.events = Events(foundation, storage.table)
        self.functions = make_functions(foundation, network, storage, events, gateway)
        make_schedules(foundation, events, self.functions["sweeper"])
        self.api = Api(foundation, self.functions)
        self.workers = Workers(foundation, network, storage, events, gateway, tags)
        buckets = {"audit": storage.audit, "artifacts": self.workers.artifacts}
        make_security(foundation, network, events.undelivered, buckets)
        make_costs(foundation)

    @property
    def dead_letters(self) -> dict[str, DeadLetterQueue]:
        """Returns every dead-letter queue by the name of its queue."""
        queues = {name: queue.dead_letters for name, queue in self.events.queues.items()}
        return {**queues, UNDELIVERED: self.events.undelivered}
