"""Cache of derived files between runs."""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

MAX_BYTES = 128 * 2**20  # of each kind; an environment has 4 MB of code, 4 MB of zips, 0.3 MB of bindings
DIGEST = hashlib.sha256().digest_size
CHECKOUT = Path(__file__).resolve().parent.parent


def folders() -> tuple[Path, ...]:
    """Returns the user's cache folder, which checkouts share, and then this checkout's own."""
    own, shared, home = (os.environ.get(name) for name in ("PAYCTL_CACHE_DIR", "XDG_CACHE_HOME", "HOME"))
    user = own or (shared and f"{shared}/payctl") or (home and f"{home}/.cache/payctl")
    return (*([Path(user)] if user else []), CHECKOUT / ".cache")


def writable_folder() -> Path | None:
    """Returns the first folder that exists or can be created, without creating it.

    ops.checkout.cache_folder creates the same one for the commands.
    """
    return next((folder for folder in folders() if _writable(folder)), None)


def cached(kind: str, key: bytes, make: Callable[[], bytes]) -> bytes:
    """Returns the entry for a key, or the result of `make`, which it stores if a folder is writable.

    An entry begins with the digest of its content. Damaged entries are made again.
    """
    name = hashlib.sha256(key).hexdigest()
    for folder in folders():
        with suppress(OSError):
            entry = (folder / kind / name).read_bytes()
            if entry[:DIGEST] == hashlib.sha256(entry[DIGEST:]).digest():
                mark_used(folder / kind / name)
                return entry[DIGEST:]
    made = make()
    with suppress(OSError):
        store(kind, name, hashlib.sha256(made).digest() + made)
    return made


def store(kind: str, name: str, entry: bytes) -> Path:
    """Writes an entry atomically, and deletes the least recently used ones over MAX_BYTES.

    Raises OSError if no folder is writable.
    """
    import tempfile  # commands that store nothing start 10 ms faster without it

    folder = writable_folder()
    if not folder:
        raise OSError(f"none of {', '.join(map(str, folders()))} can be written")
    (folder / kind).mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder / kind, delete=False) as unfinished:
        unfinished.write(entry)
    os.replace(unfinished.name, folder / kind / name)
    with suppress(OSError):  # another process may prune at the same time
        _prune(folder / kind)
    return folder / kind / name


def mark_used(entry: Path) -> None:
    """Updates the time of the last use, if the file system allows it."""
    with suppress(OSError):
        os.utime(entry)


def _prune(entries: Path) -> None:
    stats = {entry: entry.stat() for entry in entries.iterdir()}
    total = 0
    for entry in sorted(stats, key=lambda entry: stats[entry].st_mtime, reverse=True):
        total += stats[entry].st_size
        if total > MAX_BYTES:
            entry.unlink()


def _writable(folder: Path) -> bool:
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
