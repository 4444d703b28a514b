"""Reproducible zips: the same bytes from the same sources on every machine.

They are stored, not deflated, because zlib libraries produce different bytes. They contain bytecode, because
compilation takes most of a cold start: of the runtime's minor version, and unchecked (PEP 552), because
unpacking changes the dates of sources.
"""

import base64
import functools
import hashlib
import importlib.util
import io
import marshal
import os
import stat
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from constructs_lib import cache

RUNTIME = (3, 13)
LARGEST = 50 * 1024 * 1024  # bytes; limit of Lambda for direct uploads
EXCLUDED = ("__pycache__", "tests")
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first date of the zip format


class PackagingError(Exception):
    """Reports why a zip cannot be built."""


@dataclass(frozen=True, slots=True)
class Archive:
    """Represents a zip; `hash` is its SHA-256 in base64, as CodeSha256 of Lambda (drift detection)."""

    path: Path
    hash: str


def build_zip(sources: Mapping[str, Path], out: Path, *, bytecode: bool = True) -> Archive:
    """Builds a zip of `sources`: path in the zip to file or folder. An unchanged zip is not written again.

    Long-running programs need no `bytecode`, which can differ between patch versions of Python. Raises
    PackagingError.
    """
    if sys.version_info[:2] != RUNTIME:
        used, required = (".".join(map(str, version)) for version in (sys.version_info[:2], RUNTIME))
        raise PackagingError(f"functions run on Python {required}: package them with it, not with {used}")
    try:
        entries = _read(sources)
        inputs = [(path, hashlib.sha256(entry).digest()) for path, entry in sorted(entries.items())]
        content = cache.cached(
            "zips",
            repr((inputs, bytecode, sys.version)).encode(),
            lambda: _zipped(_with_bytecode(entries) if bytecode else entries),
        )
        if len(content) > LARGEST:
            raise PackagingError(f"{out.name}: {_too_large(content, entries)}")
        _write(content, out)
    except OSError as error:
        raise PackagingError(f"{error.filename}: {error.strerror}") from error
    return Archive(out, base64.b64encode(hashlib.sha256(content).digest()).decode())


def _read(sources: Mapping[str, Path]) -> dict[str, bytes]:
    entries: dict[str, bytes] = {}
    for root, source in sources.items():
        for path, file in _files(root, source):
            if path in entries:
                raise PackagingError(f"{path}: comes from two sources, one of them {file}")
            entries[path] = file.read_bytes()
    return entries


def _files(path: str, source: Path) -> Iterator[tuple[str, Path]]:
    if not source.is_dir():
        yield path, source
        return
    for child in source.iterdir():
        if child.name.startswith(".") or child.name in EXCLUDED or child.suffix == ".pyc":
            continue
        if child.is_symlink():
            raise PackagingError(f"{child}: a link, which may point elsewhere on another machine")
        yield from _files(f"{path}/{child.name}", child)


def _with_bytecode(entries: Mapping[str, bytes]) -> dict[str, bytes]:
    modules = (path for path in entries if path.endswith(".py"))
    return {**entries, **{_cached(path): _bytecode(path, entries[path]) for path in modules}}


def _cached(path: str) -> str:
    module = PurePosixPath(path)
    return str(module.parent / "__pycache__" / f"{module.stem}.{sys.implementation.cache_tag}.pyc")


@functools.cache
def _bytecode(path: str, source: bytes) -> bytes:
    """Returns a .pyc file; the importer replaces `path` with the real path."""
    try:
        code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    except SyntaxError as error:
        raise PackagingError(f"{path}: {error.msg}, line {error.lineno}") from None
    # marshal marks shared objects by their reference counts, which depend on the rest of this process.
    # Version 2 shares nothing, so the loaded copy has the same counts everywhere.
    reproducible = marshal.loads(marshal.dumps(code, 2))
    unchecked = (1).to_bytes(4, "little")
    return (
        importlib.util.MAGIC_NUMBER
        + unchecked
        + importlib.util.source_hash(source)
        + marshal.dumps(reproducible)
    )


def _zipped(entries: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path, content in sorted(entries.items()):
            entry = zipfile.ZipInfo(path, EARLIEST)
            entry.create_system = 3  # Unix, on every system
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def _too_large(content: bytes, entries: Mapping[str, bytes]) -> str:
    largest = sorted(entries, key=lambda path: len(entries[path]), reverse=True)[:3]
    return f"{len(content):,} bytes, must be at most {LARGEST:,}; the largest in it: {', '.join(largest)}"


def _write(content: bytes, out: Path) -> None:
    if out.is_file() and out.read_bytes() == content:
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)
