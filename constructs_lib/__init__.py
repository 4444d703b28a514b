"""Constructs of the payment system, one a file."""

from constructs_lib import bindings

bindings.install()
