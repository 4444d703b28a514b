"""The secret that hashes of API keys and signatures of cursors are made with, version by version.

A rotation makes another version the current one. What was made before names its version, which stays
readable, so that a rotation refuses nobody.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pepper:
    """One version of the secret, and its text."""

    version: str
    value: str
