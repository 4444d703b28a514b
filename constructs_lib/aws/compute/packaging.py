"""Zips for functions: the same bytes from the same sources, on every machine and day.

Stored, not deflated: the libraries behind zlib do not agree on the bytes, and these zips are small.
With bytecode, because compiling is most of a cold start: that of the runtime's own minor version, and
unchecked (PEP 552), because unpacking gives every source another date.
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
LARGEST = 50 * 1024 * 1024  # bytes of a zip that Lambda takes directly
LEFT_OUT = ("__pycache__", "tests")
BEGINNING = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold


class PackagingError(Exception):
    """What stands in the way of a zip."""


@dataclass(frozen=True, slots=True)
class Archive:
    """`hash`: base64 of the zip's SHA-256, as Lambda's CodeSha256 is, so that foreign code shows as drift."""

    path: Path
    hash: str


def build_zip(sources: Mapping[str, Path], out: Path, *, bytecode: bool = True) -> Archive:
    """`sources` maps places in the zip to files and folders. An unchanged zip is not written again.

    Without `bytecode` for what starts once and then works for days. Of two patch versions of Python each may
    compile to its own bytes. Raises PackagingError.
    """
    if sys.version_info[:2] != RUNTIME:
        here, there = (".".join(map(str, version)) for version in (sys.version_info[:2], RUNTIME))
        raise PackagingError(f"functions run on Python {there}: package them with it, not with {here}")
    try:
        entries = _read(sources)
        made_of = [(place, hashlib.sha256(entry).digest()) for place, entry in sorted(entries.items())]
        content = cache.kept(
            "zips",
            repr((made_of, bytecode, sys.version)).encode(),
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
        for place, file in _files(root, source):
            if place in entries:
                raise PackagingError(f"{place}: comes from two sources, one of them {file}")
            entries[place] = file.read_bytes()
    return entries


def _files(place: str, source: Path) -> Iterator[tuple[str, Path]]:
    if not source.is_dir():
        yield place, source
        return
    for child in source.iterdir():
        if child.name.startswith(".") or child.name in LEFT_OUT or child.suffix == ".pyc":
            continue
        if child.is_symlink():
            raise PackagingError(f"{child}: a link, which may lead elsewhere on another machine")
        yield from _files(f"{place}/{child.name}", child)


def _with_bytecode(entries: Mapping[str, bytes]) -> dict[str, bytes]:
    modules = (place for place in entries if place.endswith(".py"))
    return {**entries, **{_cached(place): _bytecode(place, entries[place]) for place in modules}}


def _cached(place: str) -> str:
    module = PurePosixPath(place)
    return str(module.parent / "__pycache__" / f"{module.stem}.{sys.implementation.cache_tag}.pyc")


@functools.cache
def _bytecode(place: str, source: bytes) -> bytes:
    """The importer puts the real path in the place of `place`."""
    try:
        code = compile(source, place, "exec", dont_inherit=True, optimize=0)
    except SyntaxError as error:
        raise PackagingError(f"{place}: {error.msg}, line {error.lineno}") from None
    # What is written as shared depends on reference counts, and so on what else this process holds. Version 2
    # shares nothing; what is loaded from it is held by nobody else.
    alone = marshal.loads(marshal.dumps(code, 2))
    unchecked = (1).to_bytes(4, "little")
    return importlib.util.MAGIC_NUMBER + unchecked + importlib.util.source_hash(source) + marshal.dumps(alone)


def _zipped(entries: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for place, content in sorted(entries.items()):
            entry = zipfile.ZipInfo(place, BEGINNING)
            entry.create_system = 3  # Unix, also where it is not
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def _too_large(content: bytes, entries: Mapping[str, bytes]) -> str:
    largest = sorted(entries, key=lambda place: len(entries[place]), reverse=True)[:3]
    return f"{len(content):,} bytes, must be at most {LARGEST:,}; the largest in it: {', '.join(largest)}"


def _write(content: bytes, out: Path) -> None:
    if out.is_file() and out.read_bytes() == content:
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        part.write_bytes(content)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
