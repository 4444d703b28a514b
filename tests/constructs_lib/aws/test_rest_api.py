import json
import re
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.aws.api.api_contract import Contract, read_contract
from constructs_lib.aws.api.rest_api import _fingerprint
from constructs_lib.payments.gateway_responses import GATEWAY_RESPONSES, TYPE_PREFIX
from payments.problems import KINDS

pytestmark = pytest.mark.process

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "T", "version": "1"},
    "paths": {
        "/v1/things": {
            "parameters": [{"name": "X-All", "in": "header", "required": False}],
            "post": {
                "operationId": "make",
                "parameters": [{"$ref": "#/components/parameters/Key"}],
                "requestBody": {"required": True},
            },
        },
        "/v1/things/{id}": {
            "get": {"operationId": "read"},
            "put": {"operationId": "write", "requestBody": {}},
        },
        "/v1/health": {"get": {"operationId": "health", "security": []}},
    },
    "components": {"parameters": {"Key": {"name": "Idempotency-Key", "in": "header", "required": True}}},
}


def _contract(tmp_path: Path, document: dict[str, Any] = DOCUMENT) -> Contract:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document))
    return read_contract(file)


def test_the_document_gives_routes_with_their_required_headers_and_bodies(tmp_path: Path) -> None:
    routes = {route.id: route for route in _contract(tmp_path).routes}
    assert (routes["make"].method, routes["make"].path) == ("POST", "/v1/things")
    assert routes["make"].required_headers == ("Idempotency-Key",)
    assert routes["make"].needs_body
    assert routes["read"].parts == ("v1", "things", "{id}")
    assert not routes["read"].needs_body
    assert not routes["write"].needs_body


def test_only_a_route_with_an_empty_security_list_is_public(tmp_path: Path) -> None:
    assert {r.id for r in _contract(tmp_path).routes if r.public} == {"health"}


def test_a_changed_route_deploys_anew_and_an_unchanged_document_does_not(tmp_path: Path) -> None:
    before = _fingerprint(_contract(tmp_path), {})
    assert _fingerprint(_contract(tmp_path), {}) == before
    changed = json.loads(json.dumps(DOCUMENT))
    changed["paths"]["/v1/health"]["get"]["security"] = [{"secretKey": []}]
    assert _fingerprint(_contract(tmp_path, changed), {}) != before


@pytest.mark.parametrize("kind", sorted(GATEWAY_RESPONSES))
def test_every_refusal_of_the_gateway_is_a_problem_document(kind: str) -> None:
    response = GATEWAY_RESPONSES[kind]
    problem = json.loads(response.body_template(TYPE_PREFIX))
    assert problem["type"] == f"urn:problem-type:payments:{response.code}"
    assert (problem["status"], problem["code"]) == (response.status, response.code)
    assert problem["detail"].endswith((".", "..."))
    assert problem["instance"] == "urn:uuid:$context.requestId"
    assert response.headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
    assert response.headers["gatewayresponse.header.X-Request-Id"] == "context.requestId"


@pytest.mark.parametrize("kind", sorted(GATEWAY_RESPONSES))
def test_a_code_means_the_same_whoever_answers_it(kind: str) -> None:
    response = GATEWAY_RESPONSES[kind]
    assert KINDS[response.code] == (response.status, response.title)


def test_no_refusal_repeats_what_the_caller_sent() -> None:
    for response in GATEWAY_RESPONSES.values():
        assert set(re.findall(r"\$\w[\w.]+", response.body_template(TYPE_PREFIX))) == {"$context.requestId"}


@pytest.mark.parametrize(
    ("kind", "header", "value"),
    [
        ("THROTTLED", "Retry-After", "'1'"),
        ("INTEGRATION_TIMEOUT", "Retry-After", "'1'"),
        ("UNAUTHORIZED", "WWW-Authenticate", "'Bearer'"),
    ],
)
def test_a_refusal_says_what_its_status_requires(kind: str, header: str, value: str) -> None:
    assert GATEWAY_RESPONSES[kind].headers[f"gatewayresponse.header.{header}"] == value
