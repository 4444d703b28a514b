"""A generated provider package of three modules, without a Terraform provider."""

from __future__ import annotations

import io
import json
import os
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess, run
from typing import Any

PACKAGE = "cdktf_cdktf_provider_acme"
ASSEMBLY = "@cdktf/provider-acme"
ROOT = Path(__file__).resolve().parents[3]

# Python module, jsii submodule, folder of the JavaScript: none of them follows from another.
MODULES = {
    "simple_queue": ("simpleQueue", "simplequeue"),
    "topic": ("topic", "topic"),
    "vault_v2": ("vaultV2", "vault-v2"),
}

PYTHON = """
import jsii
from .._jsii import *

class Thing(metaclass=jsii.JSIIMeta, jsii_type="{assembly}.{submodule}.Thing"):
    def __init__(self, name):
        jsii.create(self.__class__, self, [name])

    @property
    def name(self):
        return jsii.get(self, "name")

    def command(self):
        return jsii.invoke(self, "command", [])

    def tell(self):
        jsii.invoke(self, "tell", [])
"""

JAVASCRIPT = """
"use strict";
class Thing {{
  constructor(name) {{ this.name = `{submodule} ${{name}}`; }}
  command() {{ return process.argv.join(" "); }}
  tell() {{ console.log("to stdout"); console.error("to stderr"); }}
}}
Thing[Symbol.for("jsii.rtti")] = {{ fqn: "{assembly}.{submodule}.Thing", version: "1.0.0" }};
exports.Thing = Thing;
//# sourceMappingURL=data:application/json;base64,{map}
"""


def make(folder: Path, *, indent: int | None = 2, symbols: bool = True, omit: str = "") -> Path:
    """Write the package into `folder`; returns its assembly.

    `indent`: of `.jsii`, 2 where jsii writes it. `symbols`: whether it says in which folder a submodule is.
    `omit`: a file to leave out of the assembly.
    """
    package = folder / PACKAGE
    (package / "_jsii").mkdir(parents=True)
    (package / "__init__.py").write_text("print('root module executed')\nfrom . import topic\n")
    (package / "_jsii" / "__init__.py").write_text(
        "import constructs._jsii\nimport jsii\n"
        f"jsii.JSIIAssembly.load({ASSEMBLY!r}, '1.0.0', __name__[0:-6], 'provider-acme@1.0.0.jsii.tgz')\n"
    )
    for module, (submodule, _) in MODULES.items():
        (package / module).mkdir()
        (package / module / "__init__.py").write_text(PYTHON.format(assembly=ASSEMBLY, submodule=submodule))
    tarball = package / "_jsii" / "provider-acme@1.0.0.jsii.tgz"
    with tarfile.open(tarball, "w:gz") as tar:
        for path, text in _files(indent, symbols).items():
            if path == omit:
                continue
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return tarball


def python(program: str, *, folder: Path, **variables: str) -> CompletedProcess[str]:
    """Run a program that can import the package, with fast bindings and a cache in `folder` / "a cache"."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("JSII_", "PAYMENTS_"))
    }
    environment = {
        **inherited,
        "HOME": str(folder),
        "PAYCTL_CACHE_DIR": str(folder / "a cache"),
        "PYTHONPATH": f"{ROOT}:{folder}",
        **variables,
    }
    imports = "from constructs_lib import cache\nfrom constructs_lib.fast_bindings import loader\n"
    start = f"{imports}loader.install({PACKAGE!r})\n"
    command = [sys.executable, "-c", start + program]
    return run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _files(indent: int | None, symbols: bool) -> Mapping[str, str]:
    names = MODULES.values()
    code = {
        f"lib/{folder}/index.js": JAVASCRIPT.format(assembly=ASSEMBLY, submodule=submodule, map="x" * 9999)
        for submodule, folder in names
    }
    requires = "".join(f'exports.{submodule} = require("./{folder}");\n' for submodule, folder in names)
    return {
        "lib/index.js": requires,
        **code,
        ".jsii": json.dumps(_assembly(symbols), indent=indent),
        "package.json": json.dumps({"name": ASSEMBLY, "version": "1.0.0", "main": "lib/index.js"}),
    }


def _assembly(symbols: bool) -> dict[str, Any]:
    types = {f"{ASSEMBLY}.{submodule}.Thing": _thing(submodule) for submodule, _ in MODULES.values()}
    # As no provider does today, but jsii allows it: a type that mentions one of another submodule.
    types[f"{ASSEMBLY}.topic.Thing"]["properties"].append(
        {"name": "target", "optional": True, "type": {"fqn": f"{ASSEMBLY}.simpleQueue.Thing"}}
    )
    return {
        "fingerprint": "none",
        "jsiiVersion": "5.7.17 (build 0000000)",
        "name": ASSEMBLY,
        "readme": {"markdown": "# Acme"},
        "schema": "jsii/0.10.0",
        "submodules": {
            f"{ASSEMBLY}.{submodule}": {"symbolId": f"src/{folder}/index:"} if symbols else {}
            for submodule, folder in MODULES.values()
        },
        "types": types,
        "version": "1.0.0",
    }


def _thing(submodule: str) -> dict[str, Any]:
    text = {"type": {"primitive": "string"}}
    return {
        "assembly": ASSEMBLY,
        "docs": {"summary": "Reads nothing at run time."},
        "fqn": f"{ASSEMBLY}.{submodule}.Thing",
        "initializer": {"parameters": [{"name": "name", **text}]},
        "kind": "class",
        "locationInModule": {"filename": f"src/{submodule}/index.ts", "line": 1},
        "methods": [{"name": "command", "returns": text}, {"name": "tell"}],
        "name": "Thing",
        "namespace": submodule,
        "properties": [{"immutable": True, "name": "name", **text}],
    }
