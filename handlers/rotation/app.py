"""Entry point of the function: creates the client once, while it starts."""

import os

from payments.adapters.clients import client
from payments.telemetry import Log
from rotation.steps import Rotation

handler = Rotation(secrets=client("secretsmanager"), log=Log(os.environ.get("LOG_LEVEL", "INFO")))
