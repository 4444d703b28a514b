"""Reconciles what the gateway settled with the ledger, on a machine of the fleet."""
