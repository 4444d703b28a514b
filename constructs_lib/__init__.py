"""Constructs of the payment system, one a file."""

from constructs_lib.fast_bindings import loader

loader.install()
