"""Constructs of the payment system, one a file."""

from constructs_lib.fast_bindings import bindings

bindings.install()
