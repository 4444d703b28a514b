"""What fillers remember, and the two ways in which most of them do it."""

from __future__ import annotations

import functools
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jmespath
from ministack.core.responses import get_account_id, get_region

from ops.local.wire import Emulator, Said, fills, refused

NOTHING = "`null`"
RECORDS: dict[tuple[str, ...], Said] = defaultdict(dict)


def records(*kind: str) -> Said:
    """Things of one kind by id, in the caller's account and region."""
    return RECORDS[get_account_id(), get_region(), *kind]


def merged(old: Any, new: Any) -> Any:
    """An update says what changes; a list changes as a whole, unless its items have names."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {name: merged(old.get(name), value) for name, value in new.items()}
    if isinstance(old, list) and new and isinstance(new[0], dict) and "name" in new[0]:
        return list(
            merged({each["name"]: each for each in old}, {each["name"]: each for each in new}).values()
        )
    return new


def found(where: str, said: Said) -> list[Any]:
    """What a JMESPath leads to, as a list."""
    result = jmespath.search(where, said)
    return result if isinstance(result, list) else [] if result is None else [result]


def remembers(
    symptom: str,
    service: str,
    *,
    writes: Mapping[str, str],
    reads: Mapping[str, str],
    key: str,
    members: Iterable[str] = (),
    derived: Mapping[str, str] | None = None,
) -> None:
    """Members that the emulator takes and drops are given back.

    `writes` maps an operation to the ids of its things, in what it was given and answered, `reads` maps one
    to its items, `key` is an item's id, `derived` are members made of what was given: all JMESPath.
    """
    kept = {name: name for name in members} | dict(derived or {})

    def completed(operation: str, said: Said) -> Said:
        for item in found(reads.get(operation, NOTHING), said):
            item |= merged(item, records(service, key).get(jmespath.search(key, item), {}))
        return said

    async def fill(operation: str, given: Said, emulator: Emulator) -> Said:
        said = await emulator()
        values = {name: jmespath.search(where, given) for name, where in kept.items()}
        fresh = {name: value for name, value in values.items() if value is not None}
        known = records(service, key)
        for name in found(writes.get(operation, NOTHING), given | said):
            known[name] = fresh if operation.startswith("Create") else merged(known.get(name, {}), fresh)
        return completed(operation, said)

    for operation in {**writes, **reads}:
        filler = functools.partial(fill, operation)
        filler.__doc__ = symptom
        fills(service, operation)(filler)


def absent(
    symptom: str,
    service: str,
    thing: str,
    *,
    key: str,
    arn: str,
    put: Iterable[str],
    get: Iterable[str],
    delete: str,
    missing: str,
    first: Mapping[str, Any] | None = None,
    shows: Callable[[Said], Said] = lambda _: {},
) -> None:
    """Things that the emulator does not know: what was put is what is got.

    `key` is the member that names one (none: there is only one), `arn` the form of its ARN (none: no tags),
    `missing` the error for one that is not there, `first` what one has from the start, `shows` what else is
    seen of it. One answer has every form that an operation asks for: clients skip members unknown to them.
    """

    def arn_of(name: str) -> str:
        return arn.format(region=get_region(), account=get_account_id(), id=name.rpartition("/")[2])

    def name_in(given: Said) -> str | None:
        body = given.get(thing, given)
        name: str | None = (body.get(key) or (body.get(f"{key}List") or [None])[0]) if key else thing
        return name

    def answer(name: str) -> Said:
        one: Said = records(thing)[name]
        one = one | shows(one) | {f"{thing}Arn": arn_of(name), "tags": records("tags").get(arn_of(name), {})}
        return one | {thing: one, f"{thing}s": [one]}

    async def write(given: Said, _: Emulator) -> Said:
        name = name_in(given)
        if name is None:
            fresh = str(uuid.uuid4())
            name = arn_of(fresh) if key.endswith("Arn") else fresh
        old = records(thing).get(name, {**(first or {}), **({key: name} if key else {})})
        records(thing)[name] = merged(old, given.get(thing, given))
        put_tags(arn_of(name), given)
        return answer(name)

    async def read(given: Said, _: Emulator) -> Said:
        name = name_in(given)
        if name is None:
            every = {name: answer(name) for name in records(thing)}
            return {f"{thing}s": list(every.values()), f"{key[0].lower()}{key[1:]}s": list(every)}
        if name not in records(thing):
            raise refused(400, missing, f"{thing} {name} is not owned by the current account.")
        return answer(name)

    async def remove(given: Said, _: Emulator) -> Said:
        records(thing).pop(str(name_in(given)), None)
        return {}

    for filler, operations in ((write, put), (read, get), (remove, (delete,))):
        filler.__doc__ = symptom
        fills(service, *operations)(filler)
    if arn:
        fills(service, "TagResource", "UntagResource", "ListTagsForResource")(tagging)


def put_tags(arn: str, given: Said) -> None:
    listed = given.get("Tags") or given.get("ResourceTags") or []
    records("tags").setdefault(arn, {}).update(
        {each["Key"]: each["Value"] for each in listed} | given.get("tags", {})
    )


async def tagging(given: Said, _: Emulator) -> Said:
    """Tag, untag and list, in the spellings of three services."""
    arn = next(value for name, value in given.items() if name.lower() == "resourcearn")
    put_tags(arn, given)
    tags = records("tags")[arn]
    for name in given.get("tagKeys") or given.get("TagKeys") or given.get("ResourceTagKeys") or ():
        tags.pop(name, None)
    listed = [{"Key": name, "Value": value} for name, value in tags.items()]
    return {"tags": tags, "Tags": listed, "ResourceTags": listed}
