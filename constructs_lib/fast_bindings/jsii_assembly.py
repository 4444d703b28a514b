"""A provider's jsii assembly, reduced to the used submodules and stored in the cache."""

import gzip
import hashlib
import io
import json
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import IO, Any

from constructs_lib import cache

# The original index requires all submodules at once. A submodule that is missing here is in a later, larger
# assembly.
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
    """Returns the tarball `packaged` with these submodules only: from the cache, or within a second.

    Raises OSError if no cache folder is writable, LookupError if the assembly has another structure than
    CDKTF's.
    """
    made_by = Path(__file__).read_bytes()
    stat = packaged.stat()
    key = repr((made_by, packaged.name, stat.st_size, stat.st_mtime_ns, sorted(submodules)))
    version = packaged.name.removesuffix(".jsii.tgz")
    name = f"{version}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.tgz"
    for folder in cache.folders():
        entry = folder / "bindings" / name
        if _intact(entry):
            cache.mark_used(entry)
            return entry
    return cache.store("bindings", name, _cut(packaged, submodules))


def _intact(entry: Path) -> bool:
    """Returns True if the entry exists and is complete: gzip ends with a checksum."""
    try:
        return bool(gzip.decompress(entry.read_bytes()))
    except (OSError, EOFError, zlib.error):
        return False


def _cut(packaged: Path, submodules: Set[str]) -> bytes:
    assembly = _select(packaged, submodules)
    name, sources = assembly["name"], assembly.pop("submodules")
    folders = {}
    for one in sorted({_submodule(fqn) for fqn in assembly["types"]}):
        _, _, folder = sources[f"{name}.{one}"]["symbolId"].partition("/")  # src/sqs-queue/index:
        folders[one] = folder.rpartition("/")[0]
    index = INDEX % (json.dumps({one: f"./{folder}" for one, folder in folders.items()}), name)
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


def _select(packaged: Path, submodules: Set[str]) -> dict[str, Any]:
    """Returns the assembly with the types of these submodules and of all submodules that they mention."""
    text = next(b"".join(_needed(lines, submodules)) for path, lines in _files(packaged) if path == ".jsii")
    assembly: dict[str, Any] = json.loads(text.replace(b"},\n  }", b"}\n  }"), object_hook=_without_docs)
    types = {fqn: value for fqn, value in assembly["types"].items() if _submodule(fqn) in submodules}
    mention = rf'"{re.escape(assembly["name"])}\.(\w+)'
    mentioned = set(re.findall(mention, json.dumps(types)))
    if missing := submodules - mentioned:
        raise LookupError(f"{packaged.name} has no types of {', '.join(sorted(missing))}")
    if mentioned != submodules:
        return _select(packaged, mentioned)
    assembly["types"] = types
    return assembly


def _needed(lines: Iterable[bytes], submodules: Set[str]) -> Iterator[bytes]:
    """Yields the lines of used types: parsing all of hashicorp/aws takes 1.8 s and 570 MB.

    It relies on the indentation of jsii; with another one, it yields all lines.
    """
    within, needed = False, True
    for line in lines:
        if not line.startswith(b"     "):
            if line == b'  "types": {\n':
                within = True
            elif within and line.startswith(b"  }"):
                within, needed = False, True
            elif within and line.startswith(b'    "'):
                needed = _submodule(line.decode()) in submodules
        if needed:
            yield line


def _submodule(fqn: str) -> str:
    return fqn.split(".")[1]


def _without_docs(value: dict[str, Any]) -> dict[str, Any]:
    """Removes entries that are not read at run time, as jsii does in its own index."""
    return {key: part for key, part in value.items() if key not in ("docs", "locationInModule", "readme")}


def _tarball(files: Mapping[str, bytes]) -> bytes:
    """Returns the same bytes for the same files, so that jsii unpacks them once."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path in sorted(files):
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(files[path])
            tar.addfile(entry, io.BytesIO(files[path]))
    return gzip.compress(out.getvalue(), mtime=0)
