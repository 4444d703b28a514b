"""Gives a generated secret another value, and keeps the old ones readable."""
