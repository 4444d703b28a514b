"""Entry point of the function: the client is made once, while it starts."""

import os

from payments.adapters.clients import client
from payments.logs import Log
from rotation.steps import Rotation

handler = Rotation(secrets=client("secretsmanager"), log=Log(os.environ.get("LOG_LEVEL", "INFO")))
