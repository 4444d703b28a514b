"""Keeps every event in the audit bucket."""
