"""Where what can be made again is kept between runs."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

MOST = 128 * 2**20  # bytes of each kind; an environment has 4 MB of code, 4 of zips and 0.3 of bindings
DIGEST = hashlib.sha256().digest_size
CHECKOUT = Path(__file__).resolve().parent.parent


def places() -> tuple[Path, ...]:
    """The person's cache, shared by checkouts, then this checkout's own."""
    own, shared, home = (os.environ.get(name) for name in ("PAYCTL_CACHE_DIR", "XDG_CACHE_HOME", "HOME"))
    wanted = own or (shared and f"{shared}/payctl") or (home and f"{home}/.cache/payctl")
    return (*([Path(wanted)] if wanted else []), CHECKOUT / ".cache")


def folder() -> Path | None:
    """The first of the places that can be written, whether or not it is there already.

    The same that ops.checkout.cache_folder makes for the commands; nothing is made here that is not used.
    """
    return next((place for place in places() if _writable(place)), None)


def kept(kind: str, made_of: bytes, make: Callable[[], bytes]) -> bytes:
    """What `make` returned for the same before, or returns now; kept only where something can be written.

    An entry begins with the digest of the rest: what is not whole is made again.
    """
    name = hashlib.sha256(made_of).hexdigest()
    for place in places():
        with suppress(OSError):
            entry = (place / kind / name).read_bytes()
            if entry[:DIGEST] == hashlib.sha256(entry[DIGEST:]).digest():
                used(place / kind / name)
                return entry[DIGEST:]
    made = make()
    with suppress(OSError):
        keep(kind, name, hashlib.sha256(made).digest() + made)
    return made


def keep(kind: str, name: str, entry: bytes) -> Path:
    """Write an entry whole or not at all, and delete those used longest ago.

    Raises OSError when nothing can be written.
    """
    place = folder()
    if not place:
        raise OSError(f"none of {', '.join(map(str, places()))} can be written")
    (place / kind).mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=place / kind, delete=False) as half:
        half.write(entry)
    os.replace(half.name, place / kind / name)
    with suppress(OSError):  # another process may prune at the same time
        _prune(place / kind)
    return place / kind / name


def used(entry: Path) -> None:
    """Note that it is in use, where that can be written."""
    with suppress(OSError):
        os.utime(entry)


def _prune(entries: Path) -> None:
    stats = {entry: entry.stat() for entry in entries.iterdir()}
    total = 0
    for entry in sorted(stats, key=lambda entry: stats[entry].st_mtime, reverse=True):
        total += stats[entry].st_size
        if total > MOST:
            entry.unlink()


def _writable(place: Path) -> bool:
    nearest = next(folder for folder in (place, *place.parents) if folder.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
