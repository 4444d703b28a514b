"""CPU time of importing a function from its zip, compared with that of creating one AWS client."""

import os
import resource
import statistics
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from ops.run import run

BARE = "pass"
CLIENT = "import boto3; boto3.client('dynamodb')"
FUNCTION = "import payment_processor.app"
VARIABLES = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "ENVIRONMENT": "dev",
    "GATEWAY": "simulator",
    "IDEMPOTENCY_LEASE_SECONDS": "30",
    "MAX_AMOUNT": "1000000",
    "PEPPER_SECRET_ID": "pepper",
    "TABLE_NAME": "payments",
}


def measure(zips: Path, *, function: str, runs: int = 9) -> dict[str, object]:
    """Measures the CPU time, ms, above that of a bare interpreter, and the bytes of every zip in a folder.

    `function`: the zip whose `payment_processor` is imported, with the bytecode that is in it.
    """
    scripts = {"bare": BARE, "client": CLIENT, "processor": FUNCTION}
    took: dict[str, list[float]] = {name: [] for name in scripts}
    with tempfile.TemporaryDirectory(prefix="payctl-bench-") as scratch:
        with zipfile.ZipFile(zips / function) as archive:
            archive.extractall(scratch)
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        variables = {**inherited, **VARIABLES, "PYTHONPATH": scratch}
        for number in range(runs + 1):
            for name, script in scripts.items():
                seconds = _cpu(script, variables)
                if number:  # the first time the SDK's own bytecode may have to be written
                    took[name].append(seconds)
    bare, client, processor = (statistics.median(taken) * 1000 for taken in took.values())
    return {
        "client_cpu_ms": round(client - bare),
        "processor_cpu_ms": round(processor - bare),
        "times_one_client": round((processor - bare) / (client - bare), 2),
        "zip_bytes": {archive.stem: archive.stat().st_size for archive in sorted(zips.glob("*.zip"))},
    }


def _cpu(script: str, variables: Mapping[str, str]) -> float:
    """Returns the CPU time of a process, user and system, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run([sys.executable, "-c", script], env=variables, capture=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
