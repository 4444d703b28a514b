"""Lean code: modules that jsii generated, compiled without docstrings and checks, and cached.

Docstrings and annotations are most of such a module, and it checks with typeguard the types that jsii's
kernel checks again. Without these a synthesis takes a sixth less CPU time.
"""

import __future__

import importlib.util
import marshal
import os
from importlib.machinery import SourceFileLoader
from types import CodeType

from constructs_lib import cache

OPTIMIZED = 2  # as `python -OO`: no docstrings, no asserts, nothing under `if __debug__`


class LeanLoader(SourceFileLoader):
    """Loads a module's source as lean code."""

    def get_code(self, fullname: str) -> CodeType:
        stat = os.stat(self.path)
        key = self.path, stat.st_size, stat.st_mtime_ns, importlib.util.MAGIC_NUMBER, OPTIMIZED
        code: CodeType = marshal.loads(cache.cached("code", repr(key).encode(), self._compile))
        return code

    def _compile(self) -> bytes:
        lazy = __future__.annotations.compiler_flag
        source = self.get_data(self.path)
        return marshal.dumps(
            compile(source, self.path, "exec", flags=lazy, dont_inherit=True, optimize=OPTIMIZED)
        )
