"""Which gateway an environment uses."""

from payments.adapters.simulator import Simulator
from payments.gateway import Gateway

_GATEWAYS = {"simulator": Simulator}


def gateway(name: str) -> Gateway:
    """The gateway of that name; raises KeyError when there is none."""
    return _GATEWAYS[name]()
