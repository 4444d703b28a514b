"""Webhooks by Standard Webhooks 1.0.0: endpoints of merchants and deliveries to them."""
