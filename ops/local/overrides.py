"""Two kinds of overrides, for dropped members and for missing services, with the store that both use."""

import functools
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jmespath
from ministack.core.responses import get_account_id, get_region

from ops.local.protocols import Emulator, Fields, json_error, override

NOTHING = "`null`"
RECORDS: dict[tuple[str, ...], Fields] = defaultdict(dict)


def records(*kind: str) -> Fields:
    """Returns the stored resources of one kind, by id, in the caller's account and region."""
    return RECORDS[get_account_id(), get_region(), *kind]


def merged(old: Any, new: Any) -> Any:
    """Merges an update into a value. A list is replaced, unless its items have names."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {name: merged(old.get(name), value) for name, value in new.items()}
    if isinstance(old, list) and new and isinstance(new[0], dict) and "name" in new[0]:
        return list(
            merged({each["name"]: each for each in old}, {each["name"]: each for each in new}).values()
        )
    return new


def search(path: str, fields: Fields) -> list[Any]:
    """Returns the results of a JMESPath as a list."""
    result = jmespath.search(path, fields)
    return result if isinstance(result, list) else [] if result is None else [result]


def persist_fields(
    symptom: str,
    service: str,
    *,
    writes: Mapping[str, str],
    reads: Mapping[str, str],
    key: str,
    members: Iterable[str] = (),
    derived: Mapping[str, str] | None = None,
) -> None:
    """Stores members that the emulator accepts and drops, and adds them to its responses.

    All arguments below are JMESPath: `writes` maps an operation to the ids of its resources in request and
    response, `reads` maps one to the items of its response, `key` is an item's id, and `derived` computes
    members from the request.
    """
    kept = {name: name for name in members} | dict(derived or {})

    async def persist(operation: str, request: Fields, emulator: Emulator) -> Fields:
        response = await emulator()
        values = {name: jmespath.search(path, request) for name, path in kept.items()}
        new = {name: value for name, value in values.items() if value is not None}
        stored = records(service, key)
        for name in search(writes.get(operation, NOTHING), request | response):
            stored[name] = new if operation.startswith("Create") else merged(stored.get(name, {}), new)
        for item in search(reads.get(operation, NOTHING), response):
            item |= merged(item, stored.get(jmespath.search(key, item), {}))
        return response

    for operation in {**writes, **reads}:
        function = functools.partial(persist, operation)
        function.__doc__ = symptom
        override(service, operation)(function)


def missing_service(
    symptom: str,
    service: str,
    resource: str,
    *,
    key: str,
    arn: str,
    put: Iterable[str],
    get: Iterable[str],
    missing: str = "ResourceNotFoundException",
    defaults: Mapping[str, Any] | None = None,
    computed: Callable[[Fields], Fields] = lambda _: {},
) -> None:
    """Implements a minimal create, read, update and delete API for a resource type that the emulator lacks.

    `key` is the member with its id (empty: a singleton), `arn` the format of its ARN (empty: no tags),
    `missing` the error code for an unknown id, `defaults` its initial members, `computed` the members derived
    from the others. Every response has the members of all these operations: clients ignore unknown ones.
    """

    def arn_of(name: str) -> str:
        return arn.format(region=get_region(), account=get_account_id(), id=name.rpartition("/")[2])

    def name_in(request: Fields) -> str | None:
        body = request.get(resource, request)
        name: str | None = (body.get(key) or (body.get(f"{key}List") or [None])[0]) if key else resource
        return name

    def response(name: str) -> Fields:
        one: Fields = records(resource)[name]
        tags = records("tags").get(arn_of(name), {})
        one = one | computed(one) | {f"{resource}Arn": arn_of(name), "tags": tags}
        return one | {resource: one, f"{resource}s": [one]}

    async def write(request: Fields, _: Emulator) -> Fields:
        name = name_in(request)
        if name is None:
            new_id = str(uuid.uuid4())
            name = arn_of(new_id) if key.endswith("Arn") else new_id
        old = records(resource).get(name, {**(defaults or {}), **({key: name} if key else {})})
        records(resource)[name] = merged(old, request.get(resource, request))
        put_tags(arn_of(name), request)
        return response(name)

    async def read(request: Fields, _: Emulator) -> Fields:
        name = name_in(request)
        if name is None:
            every = {name: response(name) for name in records(resource)}
            return {f"{resource}s": list(every.values()), f"{key[0].lower()}{key[1:]}s": list(every)}
        if name not in records(resource):
            raise json_error(400, missing, f"{resource} {name} is not owned by the current account.")
        return response(name)

    async def remove(request: Fields, _: Emulator) -> Fields:
        records(resource).pop(str(name_in(request)), None)
        return {}

    for function, operations in ((write, put), (read, get), (remove, (f"Delete{resource}",))):
        function.__doc__ = symptom
        override(service, *operations)(function)
    if arn:
        override(service, "TagResource", "UntagResource", "ListTagsForResource")(tagging)


def put_tags(arn: str, request: Fields) -> None:
    tag_list = request.get("Tags") or request.get("ResourceTags") or []
    records("tags").setdefault(arn, {}).update(
        {each["Key"]: each["Value"] for each in tag_list} | request.get("tags", {})
    )


async def tagging(request: Fields, _: Emulator) -> Fields:
    """Updates and lists tags, with the member names of three services."""
    arn = next(value for name, value in request.items() if name.lower() == "resourcearn")
    put_tags(arn, request)
    tags = records("tags")[arn]
    for name in request.get("tagKeys") or request.get("TagKeys") or request.get("ResourceTagKeys") or ():
        tags.pop(name, None)
    tag_list = [{"Key": name, "Value": value} for name, value in tags.items()]
    return {"tags": tags, "Tags": tag_list, "ResourceTags": tag_list}
