"""Webhooks after Standard Webhooks 1.0.0: endpoints of merchants, and what is delivered to them."""
