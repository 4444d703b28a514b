"""A provider's jsii assembly, cut down to the submodules in use and kept in the cache."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Set
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from constructs_lib import cache

KEPT = 32  # assemblies of 0.1 to 0.5 MB

# The packaged one requires all submodules at once. One that is not here came later, in a larger assembly.
INDEX = """"use strict";
const folders = %s;
const submodule = (name) => {
  if (name in folders) return require(folders[name]);
  let later, number = 0;
  do later = require(`%s.${++number}`); while (!(name in later));
  return later[name];
};
module.exports = new Proxy(folders, { get: (_, name) => submodule(name) });
"""


def filtered(packaged: Path, submodules: Set[str]) -> Path:
    """The tarball `packaged` with those submodules only: from the cache, or made in a second.

    Raises OSError when no place can be written, ValueError or LookupError for an assembly that jsii did not
    write as it writes those of CDKTF.
    """
    made_by = Path(__file__).read_bytes()
    stat = packaged.stat()
    key = repr((made_by, packaged.name, stat.st_size, stat.st_mtime_ns, sorted(submodules)))
    version = packaged.name.removesuffix(".jsii.tgz")
    name = f"{version}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.tgz"
    for place in cache.places():
        entry = place / "bindings" / name
        if _intact(entry):
            with suppress(OSError):
                os.utime(entry)
            return entry
    return _keep(name, _cut(packaged, submodules))


def _intact(entry: Path) -> bool:
    """Whether it is there and whole: gzip ends with a checksum."""
    try:
        return bool(gzip.decompress(entry.read_bytes()))
    except (OSError, EOFError, zlib.error):
        return False


def _keep(name: str, tarball: bytes) -> Path:
    place = cache.folder()
    if not place:
        raise OSError(f"none of {', '.join(map(str, cache.places()))} can be written")
    folder = place / "bindings"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as half:
        half.write(tarball)
    os.replace(half.name, folder / name)
    with suppress(OSError):  # another process may prune at the same time
        for old in sorted(folder.iterdir(), key=lambda entry: entry.stat().st_mtime)[:-KEPT]:
            old.unlink()
    return folder / name


def _cut(packaged: Path, submodules: Set[str]) -> bytes:
    whole = next(content.read() for path, content in _files(packaged) if path == ".jsii")
    assembly, folders = _select(whole, submodules)
    name = assembly["name"]
    index = INDEX % (json.dumps({key: f"./{folder}" for key, folder in folders.items()}), name)
    package = {"name": name, "version": assembly["version"], "main": "lib/index.js"}
    small = {
        ".jsii": json.dumps(assembly).encode(),
        "package.json": json.dumps(package).encode(),
        "lib/index.js": index.encode(),
    }
    wanted = tuple(f"lib/{folder}/" for folder in folders.values())
    for path, content in _files(packaged):
        if path.startswith(wanted) and path.endswith(".js"):
            code, _, _ = content.read().partition(b"\n//# sourceMappingURL=")  # three quarters of the file
            small[path] = code
    if missing := [folder for folder in wanted if f"{folder}index.js" not in small]:
        raise LookupError(f"{packaged.name} has no {missing[0]}index.js")
    return _tarball(small)


def _files(packaged: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(packaged, "r|gz") as tar:
        for member in tar:
            if content := tar.extractfile(member):
                yield member.name.partition("/")[2], content


def _select(whole: bytes, submodules: Set[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The assembly with those submodules and all that their types mention; the submodules' folders.

    Cut out of the text by its indentation, 0.2 s: parsing all of hashicorp/aws takes 1.8 s and 570 MB.
    """
    start = whole.find(b'\n  "types": {')
    end = whole.find(b"\n  }", start)
    if not 0 < start < end:
        raise ValueError("its assembly is not laid out as those of CDKTF are")
    assembly = json.loads(whole[:start] + b'"types": {}' + whole[end + 4 :])
    name = re.escape(assembly["name"].encode())
    heads: dict[str, list[re.Match[bytes]]] = {}
    for head in re.compile(rb'\n    "(%s\.(\w+)\.[^"]+)": ' % name).finditer(whole, start, end):
        heads.setdefault(head[2].decode(), []).append(head)
    mention = re.compile(rb'"%s\.(\w+)\.' % name)
    known: set[str] = set()
    todo = set(submodules)
    while todo:
        known |= todo
        bodies = {head[1].decode(): _value(whole, head.end()) for one in todo for head in heads[one]}
        for fqn, body in bodies.items():
            assembly["types"][fqn] = json.loads(body, object_hook=_without_docs)
        todo = {found.decode() for body in bodies.values() for found in mention.findall(body)} - known
    assembly["types"] = dict(sorted(assembly["types"].items()))
    del assembly["readme"]
    everything = assembly.pop("submodules")
    sources = {one: everything[f"{assembly['name']}.{one}"]["symbolId"] for one in sorted(known)}
    return assembly, {one: source.partition("/")[2].rpartition("/")[0] for one, source in sources.items()}


def _value(whole: bytes, start: int) -> bytes:
    return whole[start : whole.index(b"\n    }", start) + 6]


def _without_docs(value: dict[str, Any]) -> dict[str, Any]:
    """As jsii does in its own index: nothing reads these at run time."""
    return {key: part for key, part in value.items() if key not in ("docs", "locationInModule")}


def _tarball(files: Mapping[str, bytes]) -> bytes:
    """The same bytes for the same files, so that jsii unpacks them once."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path in sorted(files):
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(files[path])
            tar.addfile(entry, io.BytesIO(files[path]))
    return gzip.compress(out.getvalue(), mtime=0)
