"""What AWS has, looked up as constructs_lib/estate/import_ids.toml says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import jmespath
from botocore.exceptions import ClientError

from constructs_lib.estate.adoption import import_ids
from ops.errors import Problem
from ops.estate.adopt.ids import asked, filled
from ops.terraform.states import Instance

ABSENT = re.compile(r"NotFound|NoSuch|NonExistent|NotExist|^404$|UnknownOperation|ValidationError$")
FORBIDDEN = re.compile(r"AccessDenied|Unauthorized|Forbidden|^403$")
ARGUMENT = re.compile(r"<([a-z_]+)>")


class Live:
    """Asks each question once."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client
        self._answers: dict[str, list[dict[str, Any]]] = {}

    def candidates(self, kind: str, attributes: Mapping[str, Any]) -> list[Instance]:
        """What exists for attributes of ours; nothing where too little of them is known yet."""
        how = import_ids()[kind]
        if "call" not in how:
            return []
        try:
            given = asked(dict(how.get("with", {})), attributes)
            pick = ARGUMENT.sub(lambda name: str(asked(f"{{{name[1]}}}", attributes)), how["pick"])
        except LookupError:
            return []
        items = self._items(how["call"], given, pick, how.get("json"))
        return [Instance(kind, "", self._whole(attributes, item, how)) for item in items]

    def _whole(
        self, attributes: Mapping[str, Any], item: Mapping[str, Any], how: Mapping[str, Any]
    ) -> dict[str, Any]:
        whole = {**attributes, **item}
        return whole | {name: filled(template, whole) for name, template in how.get("also", {}).items()}

    def _items(self, call: str, given: dict[str, Any], pick: str, inner: str | None) -> list[dict[str, Any]]:
        question = json.dumps([call, given, pick], sort_keys=True)
        if question not in self._answers:
            picked = jmespath.search(pick, self._said(call, given, inner))
            listed = picked if isinstance(picked, list) else [picked]
            self._answers[question] = [item for item in listed if isinstance(item, dict)]
        return self._answers[question]

    def _said(self, call: str, given: dict[str, Any], inner: str | None) -> Any:
        service, _, operation = call.partition(".")
        client = self._client(service)
        try:
            if client.can_paginate(operation):
                said = client.get_paginator(operation).paginate(**given).build_full_result()
            else:
                said = getattr(client, operation)(**given)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if ABSENT.search(code):
                return {}
            if FORBIDDEN.search(code):
                raise Problem(
                    f"These credentials may not look: {call} was refused.",
                    hint="Reading is enough: AWS's policy ReadOnlyAccess has it.",
                ) from error
            raise
        return said | {inner: json.loads(said[inner])} if inner else said
