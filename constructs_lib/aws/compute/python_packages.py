"""Installed Python packages as sources of zips, at their pinned versions."""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

SDK = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
EXCLUDED = ("data", "__pycache__")


def packages(names: Iterable[str]) -> dict[str, Path]:
    """Returns sources for build_zip by package name; raises ModuleNotFoundError."""
    return {path.name: path for path in map(_location, names)}


def aws_sdk(services: Iterable[str]) -> dict[str, Path]:
    """Returns boto3 and its dependencies with the models of these services only; all models are 25 MB.

    EC2 instances need it; Lambda runtimes contain boto3.
    """
    sources = packages(SDK)
    root = sources.pop("botocore")
    sources |= {f"botocore/{part.name}": part for part in root.iterdir() if part.name not in EXCLUDED}
    data = root / "data"
    sources |= {f"botocore/data/{part.name}": part for part in data.iterdir() if part.is_file()}
    return sources | {f"botocore/data/{service}": data / service for service in services}


def _location(name: str) -> Path:
    """Returns the package's folder or the module's file, without an import."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} must be in a zip and is not installed")
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin
