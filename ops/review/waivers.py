"""Waivers of findings: `address=reason until YYYY-MM-DD`, in files (one a line) or options."""

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from ops.errors import NEEDS_PERSON, Problem
from ops.review.report import Finding, Waiver
from ops.review.verdict import Verdict

FORM = re.compile(
    r"""(?P<address> (?: [^="\[\]] | \[ (?: "(?:[^"\\]|\\.)*" | \d+ ) \] )+ )
        = (?P<reason> .+? ) \s+ until \s+ (?P<until> \d{4}-\d{2}-\d{2} )""",
    re.VERBOSE,
)
FORM_HINT = "Write: aws_dynamodb_table.old=migrated on Monday until 2027-01-31"


def read(texts: Iterable[str], files: Sequence[Path]) -> dict[str, Waiver]:
    """Returns waivers by address, ignoring empty lines and comments (#). Raises Problem with all mistakes."""
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
        raise Problem("\n".join(wrong), hint=FORM_HINT, code=NEEDS_PERSON)
    return found


def waive(
    findings: Iterable[Finding], waivers: Mapping[str, Waiver], today: date
) -> tuple[list[Finding], list[str]]:
    """Returns the findings, waived where all their addresses have a waiver, and notes about unused waivers.

    A waiver is valid until the end of its day.
    """
    valid = {address: waiver for address, waiver in waivers.items() if waiver.until >= today.isoformat()}
    result: list[Finding] = []
    used: set[str] = set()
    for finding in findings:
        needs_decision = finding.verdict > Verdict.SAFE and finding.addresses
        if needs_decision and all(address in valid for address in finding.addresses):
            used.update(finding.addresses)
            finding = dataclasses.replace(finding, waiver=valid[finding.addresses[0]])
        result.append(finding)
    at = {address for finding in result if finding.verdict > Verdict.SAFE for address in finding.addresses}
    notes = [
        f"The waiver of {address} expired on {waiver.until}."
        for address, waiver in waivers.items()
        if address not in valid and address in at
    ]
    notes += [f"The waiver of {address} has no finding to waive." for address in valid if address not in used]
    return result, notes


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
