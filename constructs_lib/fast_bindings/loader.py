"""Fast loading of the bindings of a CDKTF provider, with the same result.

A prebuilt provider package imports all its modules when one of them is imported (hashicorp/aws: 2,135), and
jsii loads an assembly of all of them. Here the package's root module stays empty, and jsii loads an assembly
of the used modules, whose code is lean. With warm caches the 290 resources of dev take 1.4 s and 175 MB
instead of 16 s and 1.3 GB (`payctl bench synth`).
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import LazyLoader
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from constructs_lib.fast_bindings import jsii_node
from constructs_lib.fast_bindings.lean_code import LeanLoader

if TYPE_CHECKING:
    from concurrent.futures import Future

    from jsii._kernel.types import GetRequest, LoadRequest

TOKEN = "${TfToken["  # marks a value in cdktf that Terraform computes
GENERATED = ("cdktf", "constructs")  # other packages that jsii generated
NODE = "constructs.Node@"  # reference of jsii to a tree node, whose id and path are constant


def install(package: str = "cdktf_cdktf_provider_aws") -> None:
    """Prepares the import of `package`; call it before any import of cdktf.

    PAYMENTS_STOCK_BINDINGS=1 disables fast loading. One line on stderr reports a package that was imported
    before.
    """
    stock = os.environ.get("PAYMENTS_STOCK_BINDINGS") == "1"
    jsii_node.choose(direct=not stock)
    if stock or any(isinstance(one, _Finder) and one.package == package for one in sys.meta_path):
        return
    if package in sys.modules:
        print(
            f"{package}: imported before constructs_lib, so it loads slowly; import it later", file=sys.stderr
        )
    sys.meta_path.insert(0, _Finder(package))


class _Finder:
    """Replaces the loaders of the package's modules and records their imports."""

    def __init__(self, package: str) -> None:
        self.package = package
        self._imported: list[str] = []
        self._gate: _Gate | None = None

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in ("constructs._jsii", f"{self.package}._jsii"):
            self._gate = self._gate or _Gate(self.package, self._imported)
            return None
        if name == "typeguard":  # generated modules import it for checks that lean code omits
            spec = PathFinder.find_spec(name, path)
            if spec and spec.loader:
                spec.loader = LazyLoader(spec.loader)
            return spec
        if name not in (self.package, *GENERATED) and not name.startswith(f"{self.package}."):
            return None
        spec = PathFinder.find_spec(name, path)
        if name.startswith(f"{self.package}."):
            self._imported.append(name)
        if spec and spec.origin and isinstance(spec.loader, SourceFileLoader):
            spec.loader = (_EmptyRoot if name == self.package else LeanLoader)(name, spec.origin)
        return spec


class _EmptyRoot(SourceFileLoader):
    """Skips the source: the root module imports a submodule when its attribute is read."""

    def exec_module(self, module: ModuleType) -> None:
        def submodule(name: str) -> ModuleType:
            full = f"{module.__name__}.{name}"
            try:
                return importlib.import_module(full)
            except ModuleNotFoundError as error:
                if error.name != full:
                    raise
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}") from None

        module.__dict__["__getattr__"] = submodule


class _Gate:
    """Wraps jsii's kernel and delays the package's assembly until a request could need it.

    By then Python has imported the used modules. Later imports produce a larger assembly that replaces the
    first one: the kernel accepts the same assembly in a package of another name, replaces its types and keeps
    existing objects.
    """

    def __init__(self, package: str, imported: list[str]) -> None:
        import importlib.metadata

        import jsii

        # Every module of the bindings reads the version of typeguard, which took 1 ms each time.
        importlib.metadata.version = cache(importlib.metadata.version)
        # Garbage collection at exit would take 0.1 of 1.4 s.
        atexit.register(gc.freeze)
        kernel: Any = jsii.kernel
        self._kernel = kernel.provider if isinstance(kernel.provider, _Gate) else _Ahead(kernel.provider)
        kernel.provider = self
        self._package = package
        self._imported = imported
        self._packaged: LoadRequest | None = None
        self._loaded: set[str] = set()
        self._loads = 0

    def load(self, request: LoadRequest) -> None:
        """Loads an assembly, except the package's own."""
        if Path(request.tarball).parent.parent.name == self._package.rpartition(".")[2]:
            self._packaged = request
        else:
            self._kernel.load(request)

    def __getattr__(self, request: str) -> Any:
        if self._packaged and self._imported:
            self._load_imported(self._packaged)
        return getattr(self._kernel, request)

    def _load_imported(self, packaged: LoadRequest) -> None:
        found = {
            name: _submodule(sys.modules[name], packaged.name)
            for name in self._imported
            if name in sys.modules
        }
        in_use = self._loaded.union(filter(None, found.values()))
        if in_use != self._loaded:
            self._load(packaged, in_use)
        self._loaded = in_use
        self._imported[:] = [name for name, submodule in found.items() if not submodule]

    def _load(self, packaged: LoadRequest, submodules: set[str]) -> None:
        # Imported here, because it costs tools that use no bindings 10 ms.
        from constructs_lib.fast_bindings.jsii_assembly import filtered

        number = f".{self._loads}" if self._loads else ""
        self._kernel.settle()  # raises errors of other assemblies before this one is loaded
        try:
            small = filtered(Path(packaged.tarball), submodules)
            self._kernel.load(type(packaged)(packaged.name + number, packaged.version, str(small)))
            self._kernel.settle()
        except Exception as error:
            if self._loads:
                raise RuntimeError(
                    f"{self._package}: modules imported after the first use of the package cannot be added"
                    f" ({error}); import them earlier, or set PAYMENTS_STOCK_BINDINGS=1."
                ) from error
            print(f"{self._package}: loading all modules, which is slow ({error!r})", file=sys.stderr)
            self._kernel.load(packaged)
            self._packaged = None
        self._loads += 1


class _Ahead:
    """Loads assemblies in a thread while Python imports their modules, which saves 0.1 of 1.1 s.

    Caches constant attributes, which saves about 25 % of the calls to the kernel. An error is raised by the
    first request after it.
    """

    def __init__(self, kernel: Any) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self._kernel = kernel
        self._worker = ThreadPoolExecutor(1)
        self._loading: list[Future[None]] = []
        self._constants: dict[tuple[str, str], Any] = {}

    def load(self, request: LoadRequest) -> None:
        self._loading.append(self._worker.submit(self._kernel.load, request))

    def get(self, request: GetRequest) -> Any:
        """Returns an attribute. Tokens and positions in the tree are constant, so they are read once."""
        key = request.objref.ref, request.property
        if key in self._constants:
            return self._constants[key]
        self.settle()
        answer = self._kernel.get(request)
        value = str(getattr(answer, "value", ""))
        if TOKEN in value or NODE in value or (NODE in key[0] and key[1] in ("id", "path")):
            self._constants[key] = answer
        return answer

    def settle(self) -> None:
        """Waits until all assemblies are loaded."""
        while self._loading:
            self._loading.pop(0).result()

    def __getattr__(self, request: str) -> Any:
        self.settle()
        return getattr(self._kernel, request)


def _submodule(module: ModuleType, assembly: str) -> str | None:
    """Returns the jsii submodule (`sqsQueue`) of a module (`….sqs_queue`); None during its import.

    No rule maps the names: s3_control_bucket, s3ControlBucket, lib/s3control-bucket.
    """
    types = (getattr(value, "__jsii_type__", None) for value in vars(module).values())
    return next((fqn.split(".")[1] for fqn in types if fqn and fqn.startswith(f"{assembly}.")), None)
