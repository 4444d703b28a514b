"""What there is already: used and never managed, adopted and managed from then on, or moved to stay.

Addresses are those of Terraform: `aws_sqs_queue.Queue_4A7E3555`, as every plan shows them.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from constructs_lib.settings.existing_resources import UseSettings
from constructs_lib.settings.reader import ListOf, OneOf, TableOf, Text

OWN = r"(aws_[a-z0-9_]+|terraform_data)\.[A-Za-z_][A-Za-z0-9_-]*"
KEY = r'(\[([0-9]+|"[^"]*")\])?'
ADDRESS = Text(OWN, 'an address of this stack such as "aws_sqs_queue.Queue_4A7E3555"')
ANY_ADDRESS = Text(
    rf"(module\.[A-Za-z_][A-Za-z0-9_-]*{KEY}\.)*{OWN}{KEY}",
    'an address such as "module.queues.aws_sqs_queue.this[0]"',
)
ATTRIBUTE = Text(r"[a-z][a-z0-9_]*(\[[0-9]+\]|\.[A-Za-z0-9_-]+)*", 'an attribute such as "policy"')
ALLOWED = Text(rf"{OWN}(\.[a-z][a-z0-9_]*)?", "an address, or an address and one attribute of it")


class Tags(StrEnum):
    """What an adoption does to the tags of what it adopts.

    `refuse`: nothing, and where they differ it is refused; `allow`: they become ours; `keep`: they stay.
    """

    REFUSE = "refuse"
    ALLOW = "allow"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Adoption:
    """One resource that exists: an id alone, or a table with the id."""

    address: str
    # As `terraform import` takes it; constructs_lib/estate/import_ids.toml has its form for each type.
    id: Annotated[str, Text(r"\S(.*\S)?", "the import id")] = ""
    # What it is called in AWS where that is not the name that we would give it.
    name: Annotated[str | None, Text(r"\S(.*\S)?", "the name that it has in AWS")] = None
    # Attributes that stay as they are although our own configuration says something else.
    keep: Annotated[tuple[str, ...], ListOf(ATTRIBUTE)] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """Where one resource was in this environment's own state."""

    address: str
    previous: Annotated[str, ANY_ADDRESS] = ""


@dataclass(frozen=True, slots=True)
class EstateSettings:
    use: UseSettings = field(default_factory=UseSettings)
    adopt: Annotated[tuple[Adoption, ...], TableOf(ADDRESS, Adoption)] = ()
    move: Annotated[tuple[Move, ...], TableOf(ADDRESS, Move)] = ()
    tags: Annotated[Tags, OneOf(Tags)] = Tags.REFUSE
    # What an adoption may change or add although it is no import: each by its name.
    allow: Annotated[tuple[str, ...], ListOf(ALLOWED)] = ()
