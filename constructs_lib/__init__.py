"""Constructs of the payment system. The import installs the fast loading of cdktf and its provider."""

from constructs_lib.fast_bindings import loader

loader.install()
