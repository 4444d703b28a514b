"""The double-entry ledger, its checks and its reconciliation with the gateway."""
