import json
import re
from typing import Any

import pytest

from payment_processor.routes import ROUTES
from payments.api.api_keys import SCOPES
from payments.api.idempotency import parse_key
from payments.formats import EVENT_ID, PAYMENT_ID, REFUND_ID
from payments.money import MAX_AMOUNT
from payments.payment import CaptureMethod, Status
from payments.problems import KINDS, Problem
from payments.refund import RefundStatus
from tests.handlers.document import document, faults, resolved

SCHEMAS = document()["components"]["schemas"]
OPERATIONS = {
    (method.upper(), path): operation
    for path, operations in document()["paths"].items()
    for method, operation in operations.items()
}


def test_the_document_and_the_router_have_the_same_routes() -> None:
    assert set(OPERATIONS) == set(ROUTES)


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_a_route_needs_a_credential_exactly_when_the_document_says_so(route: tuple[str, str]) -> None:
    scope = ROUTES[route].scope
    assert (scope is None) == (OPERATIONS[route].get("security") == [])
    assert scope is None or (scope in SCOPES and f"`{scope}`" in OPERATIONS[route]["description"])


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_every_post_requires_an_idempotency_key(route: tuple[str, str]) -> None:
    names = [resolved(parameter)["name"] for parameter in OPERATIONS[route].get("parameters", [])]
    assert ("Idempotency-Key" in names) == (route[0] == "POST")


def test_values_that_stand_in_both_places_are_equal() -> None:
    payment = SCHEMAS["Payment"]["properties"]
    assert payment["status"]["enum"] == list(Status)
    assert payment["capture_method"]["enum"] == list(CaptureMethod)
    assert payment["amount"]["maximum"] == MAX_AMOUNT
    assert payment["id"]["pattern"] == f"^{PAYMENT_ID.pattern}$"
    assert SCHEMAS["Event"]["properties"]["id"]["pattern"] == f"^{EVENT_ID.pattern}$"
    refund = SCHEMAS["Refund"]["properties"]
    assert refund["id"]["pattern"] == f"^{REFUND_ID.pattern}$"
    assert refund["status"]["enum"] == list(RefundStatus)
    assert SCHEMAS["Problem"]["properties"]["code"]["enum"] == list(KINDS)


@pytest.mark.parametrize("code", KINDS)
def test_every_problem_fits_its_schema(code: str) -> None:
    problem = Problem(
        code,
        "Detail.",
        param="amount",
        errors=[{"param": "amount", "detail": "is required"}],
        decline_code="expired_card",
        payment="pay_" + "q" * 24,
    )
    assert list(faults(SCHEMAS["Problem"], problem.document("3f0c1f0e-6a55-4c83-9d7e-2f6a1b8c9d4e"))) == []


def examples(node: Any) -> list[tuple[Any, Any]]:
    """Returns schema and value of each example in the document."""
    if isinstance(node, dict):
        own = [(node["schema"], example["value"]) for example in node.get("examples", {}).values()]
        return own + [pair for inner in node.values() for pair in examples(inner)]
    return [pair for inner in node for pair in examples(inner)] if isinstance(node, list) else []


def test_every_example_fits_its_schema() -> None:
    found = examples(document())
    assert len(found) >= 8
    assert [fault for schema, value in found for fault in faults(schema, value)] == []


def test_every_body_that_is_sent_or_answered_has_an_example() -> None:
    for operation in OPERATIONS.values():
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for body in [*bodies, *map(resolved, operation["responses"].values())]:
            assert all(content["examples"] for content in body["content"].values())


def test_the_pattern_of_a_key_and_the_reader_of_keys_agree() -> None:
    pattern = re.compile(document()["components"]["parameters"]["IdempotencyKey"]["schema"]["pattern"])
    right = ["a", "~" * 255, "a b", '"a"', '" "', r'"\\"', r'"\""', '"' + "a" * 255 + '"']
    wrong = ["", "a" * 256, '"', '""', 'a"b', r'"\a"', "é", "a\tb", '"' + "a" * 256 + '"']
    assert [key for key in right + wrong if pattern.search(key)] == right
    for key in right:
        parse_key([key])
    for key in wrong:
        with pytest.raises(Problem):
            parse_key([key])


def test_a_link_leads_to_an_operation_and_one_of_its_parameters() -> None:
    by_id = {operation["operationId"]: operation for operation in OPERATIONS.values()}
    links = [
        link
        for operation in OPERATIONS.values()
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert len(links) >= 10
    for link in links:
        names = {resolved(parameter)["name"] for parameter in by_id[link["operationId"]]["parameters"]}
        assert set(link["parameters"]) <= names


def test_request_bodies_are_also_draft_4_which_api_gateway_reads() -> None:
    words = json.dumps(SCHEMAS["NewPayment"])
    assert not any(word in words for word in ("$ref", "const", "exclusiveM", "examples", "$defs", '"null"'))


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"amount": 1}, "$.currency is missing"),
        ({"amount": 0}, "$.amount breaks minimum 1"),
        ({"amount": True}, "$.amount is not ['integer']"),
        ({"currency": "eur"}, "$.currency breaks pattern ^[A-Z]{3}$"),
        ({"metadata": {"a": 1}}, "$.metadata.a is not ['string']"),
        ({"colour": "red"}, "$.colour is not allowed"),
    ],
)
def test_the_checker_of_these_tests_finds_faults(body: Any, fault: str) -> None:
    assert fault in list(faults(SCHEMAS["NewPayment"], body))
