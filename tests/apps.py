"""Apps for tests of constructs."""

from __future__ import annotations

from tempfile import TemporaryDirectory, mkdtemp

from cdktf import App, Testing

# cdktf would make one for each app and leave it.
FOLDERS = TemporaryDirectory(prefix="payments-apps-", ignore_cleanup_errors=True)


def app() -> App:
    """An app as `Testing.app` makes it, whose folder goes when the tests end."""
    return Testing.app(outdir=mkdtemp(dir=FOLDERS.name))
