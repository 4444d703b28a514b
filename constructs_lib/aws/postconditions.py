"""Postconditions of data sources for resources that this stack does not manage."""

from cdktf import TerraformDataSource


def require(data: TerraformDataSource, *conditions: tuple[str, str]) -> None:
    """Fails a plan with a message if the data does not meet a condition, such as `self.enabled`."""
    data.add_override(
        "lifecycle.postcondition",
        [{"condition": f"${{{condition}}}", "error_message": message} for condition, message in conditions],
    )
