"""The rotation of a generated secret; old values stay readable."""
