"""Which gateway an environment uses: the one that the variable GATEWAY names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from payments.adapters.ledger_table import LedgerTable
from payments.adapters.remembering import RememberingSimulator, SimulatorBook
from payments.adapters.simulator import Simulator
from payments.gateway import Gateway
from payments.reconciliation import Statement
from payments.times import utc_now


@dataclass(frozen=True, slots=True)
class SimulatorStatement:
    """A payments.reconciliation.Statement out of the simulator's book."""

    table: LedgerTable

    def settled(self, day: str) -> Any:
        return self.table.simulated(day)


def gateway(variables: Mapping[str, str], dynamodb: Any) -> Gateway:
    """The gateway; raises KeyError when there is none of that name."""
    return _GATEWAYS[variables["GATEWAY"]][0](variables, dynamodb)


def statement(variables: Mapping[str, str], dynamodb: Any) -> Statement:
    """What it says that it settled."""
    return _GATEWAYS[variables["GATEWAY"]][1](variables, dynamodb)


def _simulator(variables: Mapping[str, str], dynamodb: Any) -> Gateway:
    return RememberingSimulator(SimulatorBook(dynamodb, variables["TABLE_NAME"], utc_now), Simulator())


def _simulator_statement(variables: Mapping[str, str], dynamodb: Any) -> Statement:
    return SimulatorStatement(LedgerTable(dynamodb, variables["TABLE_NAME"]))


def _stripe(variables: Mapping[str, str], dynamodb: Any) -> Any:
    # Half a second of imports, and megabytes that are shipped only where it is used.
    from payments.adapters.stripe_gateway import from_environment

    return from_environment(variables)


_GATEWAYS: Mapping[str, tuple[Callable[..., Gateway], Callable[..., Statement]]] = {
    "simulator": (_simulator, _simulator_statement),
    "stripe": (_stripe, _stripe),
}
