"""Load the bindings of a CDKTF provider fast, with the same result.

A prebuilt provider package imports all its modules when one of them is imported (hashicorp/aws: 2,135),
and jsii loads an assembly of all of them. Here the package's root module stays empty, and jsii gets an
assembly of the modules in use, whose code is lean: the 290 resources of dev take 1.4 s and 175 MB instead of
16 s and 1.3 GB once both have their caches (`payctl bench synth`).
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

TOKEN = "${TfToken["  # how cdktf marks a value that Terraform knows later
GENERATED = ("cdktf", "constructs")  # what else jsii has made
NODE = "constructs.Node@"  # how jsii refers to a construct's place in the tree, whose id and path stay


def install(package: str = "cdktf_cdktf_provider_aws") -> None:
    """Prepare the import of `package`; call it before anything imports cdktf.

    PAYMENTS_STOCK_BINDINGS=1 leaves the package as it was made.
    """
    stock = os.environ.get("PAYMENTS_STOCK_BINDINGS") == "1"
    jsii_node.choose(direct=not stock)
    if not stock and not any(isinstance(one, _Finder) and one.package == package for one in sys.meta_path):
        sys.meta_path.insert(0, _Finder(package))


class _Finder:
    """Sees the package's imports before Python does; finds the root, and leaves the rest to Python."""

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
        if name == "typeguard":  # generated modules import it for the checks that lean code leaves out
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
    """Leaves the source out: the module imports a module of its package when that is asked for."""

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
    """Stands before jsii's kernel and keeps the package's assembly back until a request could need it.

    By then Python has imported the modules in use. Those imported later make a larger assembly, which takes
    the place of the first: an assembly that the kernel has already, coming in a package of another name,
    replaces the types that the kernel knows and leaves its objects alone.
    """

    def __init__(self, package: str, imported: list[str]) -> None:
        import importlib.metadata

        import jsii

        # Every module of bindings asks for typeguard's, which took 1 ms each time.
        importlib.metadata.version = cache(importlib.metadata.version)
        # At its end Python would look through all of this for garbage: 0.1 of 1.4 s.
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
        """Let an assembly through, unless it is the package's own."""
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
        # Here, because tools that import this package without its bindings are spared 10 ms.
        from constructs_lib.fast_bindings.jsii_assembly import filtered

        number = f".{self._loads}" if self._loads else ""
        self._kernel.settle()  # what others could not load is no reason to load all of this
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
            print(f"{self._package}: loading all of it, which is slow ({error!r})", file=sys.stderr)
            self._kernel.load(packaged)
            self._packaged = None
        self._loads += 1


class _Ahead:
    """Has jsii's kernel load assemblies while Python goes on importing what needs them: 0.1 s of 1.1 less.

    And spares it a quarter of all questions, those for attributes that were answered before.

    An error comes with the first request after it.
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
        """Ask once for what stays: what stands for a resource's attribute, and a construct's place."""
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
        """Wait until all is loaded."""
        while self._loading:
            self._loading.pop(0).result()

    def __getattr__(self, request: str) -> Any:
        self.settle()
        return getattr(self._kernel, request)


def _submodule(module: ModuleType, assembly: str) -> str | None:
    """The jsii submodule (`sqsQueue`) whose types a module (`….sqs_queue`) has; None while it is imported.

    The names do not follow from each other: s3_control_bucket, s3ControlBucket, lib/s3control-bucket.
    """
    types = (getattr(value, "__jsii_type__", None) for value in vars(module).values())
    return next((fqn.split(".")[1] for fqn in types if fqn and fqn.startswith(f"{assembly}.")), None)
