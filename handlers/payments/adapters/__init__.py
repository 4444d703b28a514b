"""Adapters: the only modules that use boto3 or the SDK of a payment gateway."""
