"""Local AWS: the emulator that stands in for an account on this machine."""
