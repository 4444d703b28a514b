"""The daily reconciliation of the gateway's settlement with the ledger, on a machine of the fleet."""
