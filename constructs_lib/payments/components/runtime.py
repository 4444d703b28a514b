"""Runtime of functions: network, security group and arguments that all functions share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.network.network import AnyNetwork
from constructs_lib.aws.network.security_group import SecurityGroup
from constructs_lib.payments.components.events import Events
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.payments.registry import FUNCTIONS, QUEUES

HANDLERS = Path(__file__).parents[3] / "handlers"
SHARED = "payments"  # the package of rules and adapters that every function ships
NOTHING: Mapping[str, Path] = MappingProxyType({})
BATCH = 10  # messages of an invocation
MAX_CONCURRENCY = 10  # invocations at once for a queue


def code_of(package: str) -> dict[str, Path]:
    """Returns sources of a zip: a package of handlers/ and the shared one."""
    return {part: HANDLERS / part for part in (package, SHARED)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Creates the functions of an environment. `functions` holds them by their names in the registry."""

    foundation: Foundation
    network: AnyNetwork
    security_group: SecurityGroup
    events: Events
    functions: dict[str, Function] = field(default_factory=dict)

    def function(
        self,
        name: str,
        *,
        timeout: timedelta,
        environment: Mapping[str, str],
        packages: Mapping[str, Path] = NOTHING,
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
            sources={**code_of(entry.package), **packages},
            handler=f"{entry.package}.app.handler",
            memory_mb=settings.memory_mb,
            timeout=timeout,
            environment={
                "ENVIRONMENT": self.foundation.environment.name,
                "LOG_LEVEL": settings.log_level.value,
                **environment,
            },
            log_group=self.foundation.log_groups.make(entry.id, f"/aws/lambda/{full_name}"),
            network=self.network,
            security_group=self.security_group,
        )
        return self.functions[name]

    def consume_queues(self) -> None:
        """Invokes each function with the messages of the queues whose consumer it is in the registry."""
        for name, entry in QUEUES.items():
            if entry.consumer in FUNCTIONS:
                self.functions[entry.consumer].consume(
                    self.events.queues[name], batch_size=BATCH, max_concurrency=MAX_CONCURRENCY
                )


def make_runtime(foundation: Foundation, network: AnyNetwork, events: Events) -> Runtime:
    """Creates what all functions share."""
    security_group = SecurityGroup(
        foundation.stack,
        "FunctionSecurityGroup",
        name=foundation.naming.name("functions"),
        description="Functions: no way in, out over HTTPS only",
        network=network,
    )
    return Runtime(foundation=foundation, network=network, security_group=security_group, events=events)
