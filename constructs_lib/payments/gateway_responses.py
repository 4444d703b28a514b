"""Problem documents (RFC 9457) that API Gateway sends without a function, in the format of the functions."""

import tomllib
from pathlib import Path

from constructs_lib.aws.api.gateway_responses import ProblemResponse

TYPE_PREFIX = "urn:problem-type:payments:"
RESPONSES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
GATEWAY_RESPONSES = {
    response_type: ProblemResponse(**RESPONSES["problems"][problem])
    for response_type, problem in RESPONSES["types"].items()
}
# The firewall knows neither the id of the request nor the content type of problem documents.
RATE_LIMITED = {
    "type": f"{TYPE_PREFIX}rate_limited",
    "title": "Too many requests",
    "status": 429,
    "code": "rate_limited",
    "detail": "Too many requests came from this address. Wait before the next one.",
}
