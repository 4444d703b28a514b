"""Requests to the emulator and its answers as dictionaries of member names, whatever the protocol.

A filler is a coroutine `(given, emulator) -> said`: what the operation was given, a way to let the emulator
answer, and what the client is to hear. It is registered by service and operation, and knows nothing of wires.
"""

from __future__ import annotations

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

Said = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[..., Awaitable[Answer]]
Emulator = Callable[[], Awaitable[Said]]
Filler = Callable[[Said, Emulator], Awaitable[Said]]

BOTOCORE_NAMES = {"monitoring": "cloudwatch"}  # where the emulator has another
FILLERS: dict[tuple[str, str], Filler] = {}
logger = logging.getLogger("gaps")


class Refused(Exception):
    """An error as the client is to see it."""

    def __init__(self, status: int, kinds: dict[str, str], body: bytes) -> None:
        self.answer = status, kinds, body


def refused(status: int, error: str, message: str) -> Refused:
    """An error of a JSON service."""
    kinds = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": error}
    return Refused(status, kinds, json.dumps({"__type": error, "message": message}).encode())


def fills(service: str, *operations: str) -> Callable[[Filler], Filler]:
    """Register a filler of operations; where there is one already, it is this one's emulator."""

    def register(filler: Filler) -> Filler:
        for key in ((service, operation) for operation in operations):
            FILLERS[key] = _over(FILLERS[key], filler) if key in FILLERS else filler
        return filler

    return register


def _over(inner: Filler, outer: Filler) -> Filler:
    @functools.wraps(outer)
    async def both(given: Said, emulator: Emulator) -> Said:
        return await outer(given, lambda: inner(given, emulator))

    return both


async def unknown(*_: Any) -> Answer:
    """Every other operation of a service that is only filled in."""
    raise refused(501, "UnsupportedOperation", "Local AWS does not have this operation.")


def handler(service: str, emulator: Handler = unknown) -> Handler:
    """A service's handler with its fillers in front.

    What fails inside answers 501: the provider repeats a 500 for ten minutes and seems to hang.
    """

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Said) -> Answer:
        wire = None
        try:
            wire = wire_of(service, method, path, headers, body)
            if wire is None:
                return await emulator(method, path, headers, body, query)
            given = wire.given(path, body, query)

            async def ask() -> Said:
                status, kinds, answered = await emulator(
                    method, path, headers, wire.asked(given, body), query
                )
                if status >= 300:
                    raise Refused(status, kinds, answered)
                return wire.heard(answered)

            return wire.answer(await FILLERS[service, wire.shapes.name](given, ask))
        except Refused as error:
            return error.answer
        except Exception:
            filler = FILLERS[service, wire.shapes.name].__doc__ if wire else "no filler"
            logger.exception("%s %s %s failed (%s)", service, method, path, filler)
            return refused(501, "LocalAwsFailed", "Local AWS failed: its log says why.").answer

    return handle


class Json:
    """JSON in the body; a REST operation has members in its path and query, too."""

    kinds: Mapping[str, str] = {"Content-Type": "application/x-amz-json-1.1"}
    codec: Any = json

    def __init__(self, shapes: OperationModel) -> None:
        self.shapes = shapes

    def given(self, path: str, body: bytes, query: Said) -> Said:
        members = self.shapes.input_shape.members.values()
        lists = {each.serialization.get("name") for each in members if each.type_name == "list"}
        asked = {name: values if name in lists else values[0] for name, values in query.items()}
        said: Said = self.codec.loads(body) if body else {}
        return said | asked | (named_in_path(self.shapes, path) or {})

    def asked(self, given: Said, body: bytes) -> bytes:
        return json.dumps(given).encode() if body else body

    def heard(self, body: bytes) -> Said:
        said: Said = self.codec.loads(body) if body else {}
        return said

    def answer(self, said: Said) -> Answer:
        return 200, dict(self.kinds), json.dumps(said).encode()


class Cbor(Json):
    kinds: Mapping[str, str] = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
    codec = cbor2

    def asked(self, given: Said, body: bytes) -> bytes:
        return body

    def answer(self, said: Said) -> Answer:
        return 200, dict(self.kinds), cbor2.dumps(said, datetime_as_timestamp=True)


class Form:
    """A form in, XML out: the Query protocol, and EC2's own dialect of it."""

    def __init__(self, shapes: OperationModel) -> None:
        self.shapes = shapes
        self.ec2 = shapes.service_model.service_name == "ec2"

    def given(self, path: str, body: bytes, query: Said) -> Said:
        said: Said = self.member(self.shapes.input_shape, form_of(body), "")
        return said

    def asked(self, given: Said, body: bytes) -> bytes:
        return body

    def heard(self, body: bytes) -> Said:
        parser = create_parser("ec2" if self.ec2 else "query")
        said: Said = parser.parse({"status_code": 200, "headers": {}, "body": body}, self.shapes.output_shape)
        return {name: value for name, value in said.items() if name != "ResponseMetadata"}

    def answer(self, said: Said) -> Answer:
        name, shape = self.shapes.name, self.shapes.output_shape
        inner = xml(shape, said) if shape else ""
        wrapper = shape.serialization.get("resultWrapper") if shape else None
        inner = f"<{wrapper}>{inner}</{wrapper}>" if wrapper else inner
        space = self.shapes.metadata["xmlNamespace"]
        text = f'<{name}Response xmlns="{space}">{inner}<requestId>local</requestId></{name}Response>'
        return 200, {"Content-Type": "text/xml"}, text.encode()

    def member(self, shape: Shape, form: Mapping[str, str], at: str) -> Any:
        """What stands below `at`; None when nothing does."""
        if shape.type_name == "structure":
            names = {name: f"{at}{self.name(name, inner)}." for name, inner in shape.members.items()}
            found = {name: self.member(shape.members[name], form, below) for name, below in names.items()}
            return {name: value for name, value in found.items() if value is not None} or (
                {} if not at else None
            )
        if shape.type_name == "list":
            at += "" if self.ec2 else "member."
            numbers = sorted({int(key[len(at) :].partition(".")[0]) for key in form if key.startswith(at)})
            return [self.member(shape.member, form, f"{at}{number}.") for number in numbers] or None
        text = form.get(at[:-1])
        if text is None or shape.type_name in ("string", "timestamp", "blob"):
            return text
        return text == "true" if shape.type_name == "boolean" else json.loads(text)

    def name(self, name: str, shape: Shape) -> str:
        named: str = shape.serialization.get("name", name)
        if self.ec2:
            return str(shape.serialization.get("queryName", named[0].upper() + named[1:]))
        return named


def wire_of(
    service: str, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> Json | Form | None:
    """How to read and answer a request of a filled operation; None for any other."""
    kind: type[Json | Form] = Json
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        kind, operation = Form, form_of(body).get("Action", "")
    elif "cbor" in headers.get("smithy-protocol", ""):
        kind, operation = Cbor, path.rpartition("/")[2]
    else:
        operation = headers.get("x-amz-target", "").rpartition(".")[2] or rest_operation(
            service, method, path
        )
    return kind(model(service).operation_model(operation)) if (service, operation) in FILLERS else None


@functools.cache
def model(service: str) -> ServiceModel:
    name = BOTOCORE_NAMES.get(service, service)
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def form_of(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def rest_operation(service: str, method: str, path: str) -> str:
    """The filled operation that a REST request asks for, or nothing."""
    for name, operation in FILLERS:
        if name == service:
            shapes = model(service).operation_model(operation)
            if shapes.http["method"] == method and named_in_path(shapes, path) is not None:
                return operation
    return ""


def named_in_path(shapes: OperationModel, path: str) -> dict[str, str] | None:
    """Members that a path carries; None where it is another operation's."""
    found = uri_pattern(shapes.http["requestUri"]).fullmatch(path.rstrip("/"))
    return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


@functools.cache
def uri_pattern(uri: str) -> re.Pattern[str]:
    """Of a model's `/things/{Name}/tags/{Arn}`; only an ARN goes over slashes."""
    parts = re.split(r"\{(\w+)\+?\}", uri.partition("?")[0].rstrip("/"))
    for index, name in enumerate(parts):
        inner = ".+" if name.lower().endswith("arn") else "[^/]+"
        parts[index] = f"(?P<{name}>{inner})" if index % 2 else re.escape(name)
    return re.compile("".join(parts))


def xml(shape: Shape, value: Any) -> str:
    """A member of an answer by its shape; what the shape does not know is left out."""
    if shape.type_name == "structure":
        known = (
            (inner, inner.serialization.get("name", name), value.get(name))
            for name, inner in shape.members.items()
        )
        return "".join(
            f"<{name}>{xml(inner, each)}</{name}>" for inner, name, each in known if each is not None
        )
    if shape.type_name == "list":
        name = shape.member.serialization.get("name", "member")
        return "".join(f"<{name}>{xml(shape.member, each)}</{name}>" for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    return escape(
        value.isoformat() if shape.type_name == "timestamp" and not isinstance(value, str) else str(value)
    )
