"""What is read of others' things: conditions under which a plan goes on."""

from __future__ import annotations

from cdktf import TerraformDataSource


def require(data: TerraformDataSource, *conditions: tuple[str, str]) -> None:
    """Fail a plan, with the message, where what was read does not meet a condition (`self.enabled`)."""
    data.add_override(
        "lifecycle.postcondition",
        [{"condition": f"${{{condition}}}", "error_message": message} for condition, message in conditions],
    )
