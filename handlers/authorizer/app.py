"""Entry point of the function: reads the environment and creates the clients once, while it starts."""

import os
from functools import cache, partial

from authorizer.authorization import Authorizer
from payments.adapters.api_key_table import find_api_key
from payments.adapters.clients import client
from payments.adapters.secret import read_secret
from payments.telemetry import Log

handler = Authorizer(
    environment=os.environ["ENVIRONMENT"],
    usage_key=os.environ["USAGE_PLAN_KEY"],
    find=partial(find_api_key, client("dynamodb"), os.environ["TABLE_NAME"]),
    pepper=cache(partial(read_secret, client("secretsmanager"), os.environ["PEPPER_SECRET_ID"])),
    log=Log(os.environ.get("LOG_LEVEL", "INFO")),
)
