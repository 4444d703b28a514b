"""Settles what a payment gateway settles later, on a machine of the fleet."""
