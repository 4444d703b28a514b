#!/bin/sh
# JSII_NODE of the fast bindings. $@: arguments of Node from jsii, with its launcher last.
# --preserve-symlinks as in the launcher. A young generation of fixed size saves 4 % of the time.
exec "$PAYMENTS_NODE" --preserve-symlinks --min-semi-space-size=8 --max-semi-space-size=8 "${0%/*}/jsii_node.js" "$@"
