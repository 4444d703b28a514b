"""Ends what was left open."""
