"""Settings for existing resources: used without management, adopted, or moved to another address.

Addresses are Terraform's, as in a plan: `aws_sqs_queue.Queue_4A7E3555`.
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
    """Selects the treatment of tags of adopted resources.

    `refuse`: a difference is an error. `allow`: they get the tags of this stack. `keep`: they keep their
    tags.
    """

    REFUSE = "refuse"
    ALLOW = "allow"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Adoption:
    """Represents an existing resource that the stack adopts. The file has its id, or a table."""

    address: str
    # The id of `terraform import`; constructs_lib/estate/import_ids.toml has its form for each type.
    id: Annotated[str, Text(r"\S(.*\S)?", "the import id")] = ""
    # Name in AWS, if it differs from the name in this stack.
    name: Annotated[str | None, Text(r"\S(.*\S)?", "the name in AWS")] = None
    # Attributes that keep their values although the configuration of this stack differs.
    keep: Annotated[tuple[str, ...], ListOf(ATTRIBUTE)] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """Represents the move of a resource from its previous address in this environment's state."""

    address: str
    previous: Annotated[str, ANY_ADDRESS] = ""


@dataclass(frozen=True, slots=True)
class EstateSettings:
    """Lists existing resources by their treatment."""

    use: UseSettings = field(default_factory=UseSettings)
    adopt: Annotated[tuple[Adoption, ...], TableOf(ADDRESS, Adoption)] = ()
    move: Annotated[tuple[Move, ...], TableOf(ADDRESS, Move)] = ()
    tags: Annotated[Tags, OneOf(Tags)] = Tags.REFUSE
    # Changes that an adoption may make beside its imports: addresses, or single attributes.
    allow: Annotated[tuple[str, ...], ListOf(ALLOWED)] = ()
