"""The Lambda authorizer of the API."""
