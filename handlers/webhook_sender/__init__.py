"""Sends events to the endpoints of merchants."""
