"""Secrets of a plan: marked values become keyed hashes, and their texts are redacted everywhere else."""

import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, repeat, zip_longest
from pathlib import Path
from typing import Any

from ops import checkout
from ops.review.plan.plan import Hidden, Unknown

KEY_VARIABLE = "PAYCTL_REVIEW_KEY"
REDACTED = "(secret)"
SHORTEST = 6  # characters; a shorter secret, such as "on", is also a part of ordinary words
DIGEST = 8  # hexadecimal digits


def key(variables: Mapping[str, str] = os.environ, root: Path = checkout.ROOT) -> bytes:
    """Returns the key of the hashes: PAYCTL_REVIEW_KEY, or a random one kept in this checkout.

    Hashes are comparable between machines that share the variable.
    """
    if variables.get(KEY_VARIABLE):
        return variables[KEY_VARIABLE].encode()
    path = checkout.state_folder(root) / "review.key"
    if not path.exists():
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.touch(mode=0o600)
        temporary.write_text(secrets.token_hex(32))
        temporary.replace(path)
    return path.read_bytes()


@dataclass(slots=True)
class Redactor:
    """Hides values, and remembers their texts to redact them in every other text. Never printed."""

    key: bytes = field(repr=False)
    texts: set[str] = field(default_factory=set, repr=False)

    def digest(self, value: Any) -> str:
        """Returns a short keyed hash of a JSON value."""
        return self.sign(json.dumps(value, sort_keys=True).encode())[:DIGEST]

    def sign(self, message: bytes) -> str:
        """Returns the keyed hash (HMAC-SHA256) of a message, as hexadecimal digits."""
        return hmac.new(self.key, message, hashlib.sha256).hexdigest()

    def hide(self, value: Any, marks: Any) -> Any:
        """Returns the tree with `Hidden` for each marked value.

        `marks` is `before_sensitive` or `after_sensitive`: `true` marks everything below it; false, {} and []
        mark nothing. Empty values stay.
        """
        if not marks or isinstance(value, Unknown) or value in (None, "", [], {}):
            return value
        if marks is True:
            self.remember(value)
            return Hidden(self.digest(value))
        if isinstance(value, dict) and isinstance(marks, dict):
            return {name: self.hide(each, marks.get(name)) for name, each in value.items()}
        if isinstance(value, list) and isinstance(marks, list):
            return [self.hide(*each) for each in zip(value, chain(marks, repeat(None)), strict=False)]
        return value

    def remember(self, value: Any) -> None:
        """Records every text in a secret value, also in JSON inside a text."""
        self.texts.update(text for text in _texts(value) if len(text) >= SHORTEST)

    def redact(self, text: str) -> str:
        """Returns the text without the recorded secrets."""
        found = [secret for secret in self.texts if secret in text]
        if not found:
            return text
        longest_first = sorted(found, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, longest_first)), REDACTED, text)


def merged_marks(*marks: Any) -> Any:
    """Returns the union of trees of marks: a value that is secret after was not public before."""
    if any(mark is True for mark in marks):
        return True
    trees = [mark for mark in marks if mark and isinstance(mark, dict)]
    if trees:
        names = dict.fromkeys(name for tree in trees for name in tree)
        return {name: merged_marks(*(tree.get(name) for tree in trees)) for name in names}
    rows = [mark for mark in marks if isinstance(mark, list)]
    return [merged_marks(*each) for each in zip_longest(*rows)]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
        yield from _texts(parsed(value))


def parsed(text: str) -> Any:
    """Returns the object or list that a text contains as JSON; None for any other text."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return None
    return None
