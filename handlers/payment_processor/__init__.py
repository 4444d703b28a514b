"""The function behind the API."""
