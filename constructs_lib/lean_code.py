"""A provider's modules, compiled without what nothing reads while they run, and kept in the cache.

Most of such a module is docstrings and annotations, evaluated for every argument of every type; and it checks
with typeguard what jsii's kernel checks again. Without these a synthesis takes a sixth less CPU time.
"""

from __future__ import annotations
import __future__

import hashlib
import importlib.util
import marshal
import os
import tempfile
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from types import CodeType

from constructs_lib import cache

KEPT = 3  # of each module: other checkouts may have another version of the provider
OPTIMIZED = 2  # as `python -OO`: no docstrings, no asserts, nothing under `if __debug__`


class LeanLoader(SourceFileLoader):
    """Loads a module's source as lean code. What can be kept nowhere is compiled each time."""

    def get_code(self, fullname: str) -> CodeType:
        name = f"{fullname}.{self._key()}"
        for place in cache.places():
            with suppress(OSError, EOFError, ValueError, TypeError):  # not there, or not whole
                kept = marshal.loads((place / "code" / name).read_bytes())
                if isinstance(kept, CodeType):
                    return kept
        lazy = __future__.annotations.compiler_flag
        code: CodeType = compile(
            self.get_data(self.path), self.path, "exec", flags=lazy, dont_inherit=True, optimize=OPTIMIZED
        )
        with suppress(OSError):
            _keep(fullname, name, marshal.dumps(code))
        return code

    def _key(self) -> str:
        stat = os.stat(self.path)
        made_of = self.path, stat.st_size, stat.st_mtime_ns, importlib.util.MAGIC_NUMBER, OPTIMIZED
        return hashlib.sha256(repr(made_of).encode()).hexdigest()[:16]


def _keep(fullname: str, name: str, code: bytes) -> None:
    place = cache.folder()
    if not place:
        return
    folder = place / "code"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as half:
        half.write(code)
    os.replace(half.name, folder / name)
    for old in sorted(folder.glob(f"{fullname}.*"), key=lambda entry: entry.stat().st_mtime)[:-KEPT]:
        old.unlink()
