"""Decides who calls the API."""
