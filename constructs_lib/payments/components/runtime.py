"""Runtime of functions: network, security group and arguments that all functions share."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.network.network import AnyNetwork
from constructs_lib.aws.network.security_group import SecurityGroup
from constructs_lib.payments.components.events import Events
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.payments.registry import FUNCTIONS, QUEUES

HANDLERS = Path(__file__).parents[3] / "handlers"
SHARED = "payments"  # the package of rules and adapters that every function ships
BATCH = 10  # messages of an invocation
MAX_CONCURRENCY = 10  # invocations at once for a queue


def code_of(package: str) -> dict[str, Path]:
    """Returns sources of a zip: a package of handlers/ and the shared one."""
    return {part: HANDLERS / part for part in (package, SHARED)}


class Runtime:
    """Creates the functions of an environment. `functions` holds them by their names in the registry."""

    def __init__(self, foundation: Foundation, network: AnyNetwork, events: Events) -> None:
        self.foundation = foundation
        self.functions: dict[str, Function] = {}
        self._network = network
        self._events = events
        self._security_group = SecurityGroup(
            foundation.stack,
            "FunctionSecurityGroup",
            name=foundation.naming.name("functions"),
            description="Functions: no way in, out over HTTPS only",
            network=network,
        )

    def function(
        self,
        name: str,
        *,
        timeout: timedelta,
        environment: Mapping[str, str],
        packages: Mapping[str, Path] | None = None,
    ) -> Function:
        """Creates the function of this name in the registry. `packages`: further sources of its zip.

        Raises KeyError for a function that the registry lacks.
        """
        entry, settings = FUNCTIONS[name], self.foundation.environment.lambda_
        full_name = self.foundation.naming.name(name)
        self.functions[name] = Function(
            self.foundation.stack,
            entry.id,
            name=full_name,
            sources={**code_of(entry.package), **(packages or {})},
            handler=f"{entry.package}.app.handler",
            memory_mb=settings.memory_mb,
            timeout=timeout,
            environment={
                "ENVIRONMENT": self.foundation.environment.name,
                "LOG_LEVEL": settings.log_level.value,
                **environment,
            },
            log_group=self.foundation.log_group(entry.id, f"/aws/lambda/{full_name}"),
            network=self._network,
            security_group=self._security_group,
        )
        return self.functions[name]

    def consume_queues(self) -> None:
        """Invokes each function with the messages of the queues whose consumer it is in the registry."""
        for name, entry in QUEUES.items():
            if entry.consumer in FUNCTIONS:
                self.functions[entry.consumer].consume(
                    self._events.queues[name], batch_size=BATCH, max_concurrency=MAX_CONCURRENCY
                )
