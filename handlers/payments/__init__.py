"""Payment rules without AWS; everything external is reached through a port."""
