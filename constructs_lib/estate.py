"""What there is already in an estate."""

from dataclasses import dataclass, field

from constructs_lib.estate_use import UseSettings


@dataclass(frozen=True, slots=True)
class EstateSettings:
    use: UseSettings = field(default_factory=UseSettings)
