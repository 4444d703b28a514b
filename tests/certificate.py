"""A certificate for a receiver on this machine."""

import subprocess
from pathlib import Path


def self_signed(folder: Path, name: str) -> tuple[Path, Path]:
    """Certificate and key, good for a day."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    words = f"""req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1
        -subj /CN={name} -addext subjectAltName=DNS:{name}"""
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", *words.split(), *files], check=True, capture_output=True)
    return certificate, key
