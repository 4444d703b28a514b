"""Moving into an existing Terraform estate."""
