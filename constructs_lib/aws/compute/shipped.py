"""Packages that code brings along, from where they are installed here, at the versions that are pinned."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

_SDK = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")


def packages(names: Iterable[str]) -> dict[str, Path]:
    """Sources of build_zip, by name; raises ModuleNotFoundError."""
    return {_place(name).name: _place(name) for name in names}


def aws_sdk(services: Iterable[str]) -> dict[str, Path]:
    """boto3 and what it needs, with the models of these services alone: all of them are 25 MB.

    For machines: Lambda has its own.
    """
    sources = packages(_SDK)
    root = sources.pop("botocore")
    sources |= {f"botocore/{part.name}": part for part in root.iterdir() if part.name not in _LEFT_OUT}
    data = root / "data"
    sources |= {f"botocore/data/{part.name}": part for part in data.iterdir() if part.is_file()}
    return sources | {f"botocore/data/{service}": data / service for service in services}


_LEFT_OUT = ("data", "__pycache__")


def _place(name: str) -> Path:
    """Folder or file; nothing is imported."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} is to be shipped and is not installed")
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin
