"""Secrets of a plan: hidden by keyed hashes where they are marked, struck out wherever else they are."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops import checkout
from ops.review.plan.plan import Hidden, Unknown

KEY_VARIABLE = "PAYCTL_REVIEW_KEY"
STRUCK = "(secret)"
SHORTEST = 6  # a shorter text, such as "on", is also a part of ordinary words
DIGEST = 8


def key(variables: Mapping[str, str] = os.environ, root: Path = checkout.ROOT) -> bytes:
    """The key of the hashes: PAYCTL_REVIEW_KEY, or one that this checkout made for itself.

    Hashes are comparable between machines that share the variable.
    """
    if variables.get(KEY_VARIABLE):
        return variables[KEY_VARIABLE].encode()
    path = checkout.state_folder(root) / "review.key"
    if not path.exists():
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32))
        fresh.replace(path)
    return path.read_bytes()


@dataclass(slots=True)
class Vault:
    """Hides values, and remembers their texts so that no other place shows them. Never printed."""

    key: bytes = field(repr=False)
    texts: set[str] = field(default_factory=set, repr=False)

    def digest(self, value: Any) -> str:
        """A short keyed hash of a JSON value."""
        return self.sign(json.dumps(value, sort_keys=True).encode())[:DIGEST]

    def sign(self, message: bytes) -> str:
        return hmac.new(self.key, message, hashlib.sha256).hexdigest()

    def hide(self, value: Any, marks: Any) -> Any:
        """The tree with every marked value replaced: `marks` is `before_sensitive` or `after_sensitive`.

        `true` marks all below it at any depth; false, {} and [] mark nothing, and neither does a mark on
        nothing.
        """
        if not marks or isinstance(value, Unknown) or value in (None, "", [], {}):
            return value
        if marks is True:
            self.remember(value)
            return Hidden(self.digest(value))
        if isinstance(value, dict) and isinstance(marks, dict):
            return {name: self.hide(each, marks.get(name)) for name, each in value.items()}
        if isinstance(value, list) and isinstance(marks, list):
            padded = [*marks, *[None] * (len(value) - len(marks))]
            return [self.hide(each, mark) for each, mark in zip(value, padded, strict=False)]
        return value

    def remember(self, value: Any) -> None:
        """Take every text in a secret value, also inside the JSON that a text holds."""
        for text in _texts(value):
            if len(text) >= SHORTEST:
                self.texts.add(text)

    def strike(self, text: str) -> str:
        """The text without any secret that was remembered."""
        held = [secret for secret in self.texts if secret in text]
        if not held:
            return text
        longest_first = sorted(held, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, longest_first)), STRUCK, text)


def marked(*marks: Any) -> Any:
    """What any of several trees of marks marks: what is secret after was not public before."""
    kept = [mark for mark in marks if mark]
    if True in [mark for mark in kept if isinstance(mark, bool)]:
        return True
    trees = [mark for mark in kept if isinstance(mark, dict)]
    if trees:
        names = dict.fromkeys(name for tree in trees for name in tree)
        return {name: marked(*(tree.get(name) for tree in trees)) for name in names}
    rows = [mark for mark in kept if isinstance(mark, list)]
    longest = max(map(len, rows), default=0)
    return [marked(*(row[at] for row in rows if at < len(row))) for at in range(longest)]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
        inner = parsed(value)
        if inner is not None:
            yield from _texts(inner)


def parsed(text: str) -> Any:
    """The object or list that a text holds as JSON; None for any other text."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return None
    return None
