"""The README of the Terraform module."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment as Templates
from jinja2 import FileSystemLoader, StrictUndefined

from constructs_lib.module_export import hcl
from constructs_lib.module_export.interface import Interface
from constructs_lib.module_export.variables import VariableDeclaration, as_in_file, variable_name
from constructs_lib.payments.outputs import OUTPUTS, output_name
from constructs_lib.settings.existing_resources import EVENTS, LOGS, PUBLISHERS
from constructs_lib.settings.schema import Detector

# Tables of an environment that belong to the root or to the account.
ROOT_TABLES = ("name", "aws", "state", "estate")


def readme(
    interface: Interface, variables: Sequence[VariableDeclaration], resources: Mapping[str, int]
) -> str:
    """Returns the Markdown text."""
    names = {it.name for it in variables}
    topics = {f"{topic}_topic_arn": services for topic, services in PUBLISHERS.items()}
    created = [services for name, services in topics.items() if name not in names]
    templates = Templates(  # Markdown, not HTML: no autoescape
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters |= {"literal": hcl.value, "cell": lambda text: text.replace("|", "\\|")}
    return templates.get_template("readme.md.j2").render(
        names=names,
        topics=topics.items(),
        key_services=sorted({EVENTS, *(service for services in created for service in services)}),
        logs=LOGS,
        existing_detector=interface.base.security.guard_duty is Detector.EXISTING,
        protected=interface.base.protected,
        variables=variables,
        outputs=sorted((output_name(path), description) for path, description in OUTPUTS.items()),
        resources=resources,
        settings=_fixed_settings(interface),
    )


def _fixed_settings(interface: Interface) -> Iterator[tuple[str, Any]]:
    """Yields settings that are not variables, and their values; none of the network if callers pass a VPC."""
    variable = {variable.path.removeprefix("environment.") for variable in interface.module_variables}
    unused = "network." if "estate.use.vpc" in variable else "-"
    for table in fields(interface.base):
        settings = getattr(interface.base, table.name)
        values = {table.name: settings}
        if is_dataclass(settings):
            values = {f"{table.name}.{it.name}": getattr(settings, it.name) for it in fields(settings)}
        for path, value in values.items():
            if table.name not in ROOT_TABLES and path not in variable and not path.startswith(unused):
                shown = [str(it) for it in value] if isinstance(value, tuple) else as_in_file(value)
                yield variable_name(path).replace("_", ".", 1), shown
