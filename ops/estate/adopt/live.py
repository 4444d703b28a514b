"""Existing resources in AWS, looked up as constructs_lib/estate/import_ids.toml describes."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import jmespath
from botocore.exceptions import ClientError

from constructs_lib.estate.adoption import import_ids
from ops.errors import Problem
from ops.estate.adopt.templates import fill_structure, fill_template
from ops.terraform.states import Instance

MISSING = re.compile(r"NotFound|NoSuch|NonExistent|NotExist|^404$|UnknownOperation|ValidationError$")
FORBIDDEN = re.compile(r"AccessDenied|Unauthorized|Forbidden|^403$")
ARGUMENT = re.compile(r"<([a-z_]+)>")


class LiveResources:
    """Looks up existing resources in AWS and makes each call once."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client
        self._items: dict[str, list[dict[str, Any]]] = {}

    def candidates(self, kind: str, attributes: Mapping[str, Any]) -> list[Instance]:
        """Returns the resources of a type that match attributes, or none if a needed attribute is unknown."""
        how = import_ids()[kind]
        if "call" not in how:
            return []
        try:
            parameters = fill_structure(dict(how.get("with", {})), attributes)
            pick = ARGUMENT.sub(lambda it: str(fill_structure(f"{{{it[1]}}}", attributes)), how["pick"])
        except LookupError:
            return []
        call = json.dumps([how["call"], parameters, pick], sort_keys=True)
        if call not in self._items:
            picked = jmespath.search(pick, self._response(how["call"], parameters, how.get("json")))
            items = picked if isinstance(picked, list) else [picked]
            self._items[call] = [item for item in items if isinstance(item, dict)]
        instances = []
        for item in self._items[call]:
            known = {**attributes, **item}
            also = {name: fill_template(template, known) for name, template in how.get("also", {}).items()}
            instances.append(Instance(kind, "", known | also))
        return instances

    def _response(self, call: str, parameters: dict[str, Any], json_member: str | None) -> Any:
        """Returns the response, or {} if the resource does not exist. `json_member` is parsed as JSON."""
        service, _, operation = call.partition(".")
        client = self._client(service)
        try:
            if client.can_paginate(operation):
                response = client.get_paginator(operation).paginate(**parameters).build_full_result()
            else:
                response = getattr(client, operation)(**parameters)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if MISSING.search(code):
                return {}
            if FORBIDDEN.search(code):
                raise Problem(
                    f"These credentials lack a permission: {call} was refused.",
                    hint="Read access is enough: AWS's policy ReadOnlyAccess has it.",
                ) from error
            raise
        return response | {json_member: json.loads(response[json_member])} if json_member else response
