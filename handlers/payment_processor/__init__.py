"""Serves the API: parse, call, map."""
