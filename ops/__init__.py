"""The operator's commands: everything around Terraform."""
