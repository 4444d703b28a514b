"""Checks of the ledger, and its reconciliation with the gateway."""
