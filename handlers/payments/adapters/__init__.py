"""The outside: the only users of boto3 and of a payment gateway."""
