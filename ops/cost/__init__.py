"""Cost of an environment, from its synthesized stack and configured volume, without AWS."""
