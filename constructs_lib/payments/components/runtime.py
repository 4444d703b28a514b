"""Where functions run, and what all of them have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.network.network import AnyNetwork
from constructs_lib.aws.network.security_group import SecurityGroup
from constructs_lib.payments.components.foundation import Foundation

HANDLERS = Path(__file__).parents[3] / "handlers"
SHARED = "payments"  # the package of rules and adapters that all code brings along
NOTHING: Mapping[str, Path] = MappingProxyType({})


def code_of(package: str) -> dict[str, Path]:
    """Sources of build_zip: a package of handlers/ and what all of them share."""
    return {part: HANDLERS / part for part in (package, SHARED)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    foundation: Foundation
    network: AnyNetwork
    security_group: SecurityGroup

    def function(
        self,
        id: str,
        package: str,
        *,
        timeout: timedelta,
        environment: Mapping[str, str],
        ships: Mapping[str, Path] = NOTHING,
    ) -> Function:
        """A function of the handler in a package of handlers/; `ships`: what its zip has besides."""
        settings = self.foundation.environment.lambda_
        name = self.foundation.naming.name(package.replace("_", "-"))
        return Function(
            self.foundation.stack,
            id,
            name=name,
            sources={**code_of(package), **ships},
            handler=f"{package}.app.handler",
            memory_mb=settings.memory_mb,
            timeout=timeout,
            environment={
                "ENVIRONMENT": self.foundation.environment.name,
                "LOG_LEVEL": settings.log_level.value,
                **environment,
            },
            log_group=self.foundation.log_groups.make(id, f"/aws/lambda/{name}"),
            network=self.network,
            security_group=self.security_group,
        )


def make_runtime(foundation: Foundation, network: AnyNetwork) -> Runtime:
    security_group = SecurityGroup(
        foundation.stack,
        "FunctionSecurityGroup",
        name=foundation.naming.name("functions"),
        description="Functions: no way in, out over HTTPS only",
        network=network,
    )
    return Runtime(foundation=foundation, network=network, security_group=security_group)
