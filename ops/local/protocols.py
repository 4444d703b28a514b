"""Overrides of emulator operations, and the AWS protocols that encode their requests and responses.

An override is a coroutine `(request, emulator) -> response`, registered by service and operation. Request and
response map member names to values in every protocol; `await emulator()` returns the emulator's own response
to the original request.
"""

import functools
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

import cbor2
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.parsers import create_parser

Fields = dict[str, Any]
HttpResponse = tuple[int, dict[str, str], bytes]
Handler = Callable[..., Awaitable[HttpResponse]]
Emulator = Callable[[], Awaitable[Fields]]
Override = Callable[[Fields, Emulator], Awaitable[Fields]]

BOTOCORE_NAMES = {"monitoring": "cloudwatch"}  # by the emulator's name, where the two differ
OVERRIDES: dict[tuple[str, str], Override] = {}
logger = logging.getLogger("gaps")


class ServiceError(Exception):
    """Represents an error response to the client."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.response = status, headers, body


def json_error(status: int, error: str, message: str) -> ServiceError:
    """Builds an error response of a JSON service."""
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": error}
    return ServiceError(status, headers, json.dumps({"__type": error, "message": message}).encode())


def override(service: str, *operations: str) -> Callable[[Override], Override]:
    """Registers an override of operations. It wraps an override that is already registered."""

    def register(function: Override) -> Override:
        for operation in operations:
            inner = OVERRIDES.get((service, operation))
            OVERRIDES[service, operation] = _wrap(inner, function) if inner else function
        return function

    return register


def _wrap(inner: Override, outer: Override) -> Override:
    @functools.wraps(outer)
    async def wrapped(request: Fields, emulator: Emulator) -> Fields:
        return await outer(request, lambda: inner(request, emulator))

    return wrapped


async def unsupported(*_: Any) -> HttpResponse:
    """Refuses an operation that neither the emulator nor an override implements."""
    raise json_error(501, "UnsupportedOperation", "Local AWS does not have this operation.")


def with_overrides(service: str, emulator: Handler = unsupported) -> Handler:
    """Returns a service's handler that calls overrides first.

    An internal error returns 501: the Terraform provider retries a 500 for ten minutes and seems to hang.
    """

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: Fields
    ) -> HttpResponse:
        codec = None
        try:
            codec = codec_for(service, method, path, headers, body)
            if codec is None:
                return await emulator(method, path, headers, body, query)
            request = codec.decode_request(path, body, query)

            async def call_emulator() -> Fields:
                status, response_headers, response_body = await emulator(method, path, headers, body, query)
                if status >= 300:
                    raise ServiceError(status, response_headers, response_body)
                return codec.decode_response(response_body)

            return codec.encode_response(await OVERRIDES[service, codec.shapes.name](request, call_emulator))
        except ServiceError as error:
            return error.response
        except Exception:
            gap = OVERRIDES[service, codec.shapes.name].__doc__ if codec else "no override"
            logger.exception("%s %s %s failed (%s)", service, method, path, gap)
            return json_error(501, "LocalAwsFailed", "Local AWS failed. See its log.").response

    return handle


class Json:
    """Encodes JSON bodies. Members of a REST operation are in its path and query, too."""

    headers: Mapping[str, str] = {"Content-Type": "application/x-amz-json-1.1"}
    library: Any = json

    def __init__(self, shapes: OperationModel) -> None:
        self.shapes = shapes

    def decode_request(self, path: str, body: bytes, query: Fields) -> Fields:
        shapes = self.shapes.input_shape.members.values()
        lists = {each.serialization.get("name") for each in shapes if each.type_name == "list"}
        parameters = {name: values if name in lists else values[0] for name, values in query.items()}
        members: Fields = self.library.loads(body) if body else {}
        return members | parameters | (path_parameters(self.shapes, path) or {})

    def decode_response(self, body: bytes) -> Fields:
        response: Fields = self.library.loads(body) if body else {}
        return response

    def encode_response(self, response: Fields) -> HttpResponse:
        return 200, dict(self.headers), json.dumps(response).encode()


class Cbor(Json):
    """Encodes CBOR bodies: CloudWatch's protocol since botocore 1.40."""

    headers: Mapping[str, str] = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
    library = cbor2

    def encode_response(self, response: Fields) -> HttpResponse:
        return 200, dict(self.headers), cbor2.dumps(response, datetime_as_timestamp=True)


class Form:
    """Encodes forms as requests and XML as responses: the Query protocol and EC2's dialect of it."""

    def __init__(self, shapes: OperationModel) -> None:
        self.shapes = shapes
        self.ec2 = shapes.service_model.service_name == "ec2"

    def decode_request(self, path: str, body: bytes, query: Fields) -> Fields:
        request: Fields = self.member(self.shapes.input_shape, parse_form(body), "")
        return request

    def decode_response(self, body: bytes) -> Fields:
        parser = create_parser("ec2" if self.ec2 else "query")
        response: Fields = parser.parse(
            {"status_code": 200, "headers": {}, "body": body}, self.shapes.output_shape
        )
        return {name: value for name, value in response.items() if name != "ResponseMetadata"}

    def encode_response(self, response: Fields) -> HttpResponse:
        name, shape = self.shapes.name, self.shapes.output_shape
        inner = to_xml(shape, response) if shape else ""
        wrapper = shape.serialization.get("resultWrapper") if shape else None
        inner = f"<{wrapper}>{inner}</{wrapper}>" if wrapper else inner
        space = self.shapes.metadata["xmlNamespace"]
        text = f'<{name}Response xmlns="{space}">{inner}<requestId>local</requestId></{name}Response>'
        return 200, {"Content-Type": "text/xml"}, text.encode()

    def member(self, shape: Shape, form: Mapping[str, str], prefix: str) -> Any:
        """Returns the member whose form keys begin with `prefix`, or None."""
        if shape.type_name == "structure":
            names = {name: f"{prefix}{self.name(name, inner)}." for name, inner in shape.members.items()}
            found = {name: self.member(shape.members[name], form, below) for name, below in names.items()}
            return {name: value for name, value in found.items() if value is not None} or (
                {} if not prefix else None
            )
        if shape.type_name == "list":
            prefix += "" if self.ec2 else "member."
            numbers = sorted(
                {int(key[len(prefix) :].partition(".")[0]) for key in form if key.startswith(prefix)}
            )
            return [self.member(shape.member, form, f"{prefix}{number}.") for number in numbers] or None
        text = form.get(prefix[:-1])
        if text is None or shape.type_name in ("string", "timestamp", "blob"):
            return text
        return text == "true" if shape.type_name == "boolean" else json.loads(text)

    def name(self, name: str, shape: Shape) -> str:
        named: str = shape.serialization.get("name", name)
        if self.ec2:
            return str(shape.serialization.get("queryName", named[0].upper() + named[1:]))
        return named


def codec_for(
    service: str, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> Json | Form | None:
    """Returns the codec of a request whose operation has an override, or None."""
    kind: type[Json | Form] = Json
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        kind, operation = Form, parse_form(body).get("Action", "")
    elif "cbor" in headers.get("smithy-protocol", ""):
        kind, operation = Cbor, path.rpartition("/")[2]
    else:
        operation = headers.get("x-amz-target", "").rpartition(".")[2] or find_rest_operation(
            service, method, path
        )
    return kind(model(service).operation_model(operation)) if (service, operation) in OVERRIDES else None


@functools.cache
def model(service: str) -> ServiceModel:
    name = BOTOCORE_NAMES.get(service, service)
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def parse_form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def find_rest_operation(service: str, method: str, path: str) -> str:
    """Returns the operation with an override that a REST request calls, or an empty string."""
    for name, operation in OVERRIDES:
        if name == service:
            shapes = model(service).operation_model(operation)
            if shapes.http["method"] == method and path_parameters(shapes, path) is not None:
                return operation
    return ""


def path_parameters(shapes: OperationModel, path: str) -> dict[str, str] | None:
    """Returns the members in a path, or None if the path is of another operation."""
    found = uri_pattern(shapes.http["requestUri"]).fullmatch(path.rstrip("/"))
    return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


@functools.cache
def uri_pattern(uri: str) -> re.Pattern[str]:
    """Returns the pattern of a URI such as `/things/{Name}/tags/{Arn}`. Only an ARN contains slashes."""
    parts = re.split(r"\{(\w+)\+?\}", uri.partition("?")[0].rstrip("/"))
    for index, name in enumerate(parts):
        inner = ".+" if name.lower().endswith("arn") else "[^/]+"
        parts[index] = f"(?P<{name}>{inner})" if index % 2 else re.escape(name)
    return re.compile("".join(parts))


def to_xml(shape: Shape, value: Any) -> str:
    """Encodes a member of a response. Members that its shape does not have are omitted."""
    if shape.type_name == "structure":
        known = (
            (inner, inner.serialization.get("name", name), value.get(name))
            for name, inner in shape.members.items()
        )
        return "".join(
            f"<{name}>{to_xml(inner, each)}</{name}>" for inner, name, each in known if each is not None
        )
    if shape.type_name == "list":
        name = shape.member.serialization.get("name", "member")
        return "".join(f"<{name}>{to_xml(shape.member, each)}</{name}>" for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    return escape(
        value.isoformat() if shape.type_name == "timestamp" and not isinstance(value, str) else str(value)
    )
