"""Where what can be made again is kept between runs."""

from __future__ import annotations

import os
from pathlib import Path

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


def _writable(place: Path) -> bool:
    nearest = next(folder for folder in (place, *place.parents) if folder.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
