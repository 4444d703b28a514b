"""Waivers: `address=reason until YYYY-MM-DD`, one on a line of a file, or one an option."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from ops.errors import NEEDS_PERSON, Problem
from ops.review.report import Finding, Verdict, Waiver

FORM = re.compile(
    r"""(?P<address> (?: [^="\[\]] | \[ (?: "(?:[^"\\]|\\.)*" | \d+ ) \] )+ )
        = (?P<reason> .+? ) \s+ until \s+ (?P<until> \d{4}-\d{2}-\d{2} )""",
    re.VERBOSE,
)
HOW = "Write: aws_dynamodb_table.old=migrated on Monday until 2027-01-31"


def read(texts: Iterable[str], files: Sequence[Path]) -> dict[str, Waiver]:
    """Waivers by address. Lines that are empty or begin with # are comments; all mistakes are one Problem."""
    lines = [(f"--waive {text}", text) for text in texts]
    for file in files:
        try:
            content = file.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise Problem(f"{file}: the waivers cannot be read.", code=NEEDS_PERSON) from error
        lines += [(f"{file}:{number}", line) for number, line in enumerate(content.splitlines(), 1)]
    found: dict[str, Waiver] = {}
    wrong: list[str] = []
    for where, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = FORM.fullmatch(line.strip())
        if match is None or not _is_day(match["until"]):
            wrong.append(f"{where}: not address=reason until YYYY-MM-DD.")
        else:
            found[match["address"].strip()] = Waiver(reason=match["reason"].strip(), until=match["until"])
    if wrong:
        raise Problem("\n".join(wrong), hint=HOW, code=NEEDS_PERSON)
    return found


def waive(
    findings: Iterable[Finding], waivers: Mapping[str, Waiver], today: date
) -> tuple[list[Finding], list[str]]:
    """The findings, with waivers on those whose addresses all have one; and notes about the others.

    A waiver holds to the end of its day.
    """
    valid = {address: waiver for address, waiver in waivers.items() if waiver.until >= today.isoformat()}
    told: list[Finding] = []
    used: set[str] = set()
    for finding in findings:
        asked = finding.verdict > Verdict.SAFE and finding.addresses
        if asked and all(address in valid for address in finding.addresses):
            used.update(finding.addresses)
            finding = dataclasses.replace(finding, waiver=valid[finding.addresses[0]])
        told.append(finding)
    at = {address for finding in told if finding.verdict > Verdict.SAFE for address in finding.addresses}
    notes = [
        f"The waiver of {address} ended on {waiver.until} and does not count."
        for address, waiver in waivers.items()
        if address not in valid and address in at
    ]
    notes += [f"The waiver of {address} waives nothing." for address in valid if address not in used]
    return told, notes


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
