"""The review as SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ops.review.report import Finding, Kind, Report, Review, Verdict

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {
    Verdict.SAFE: "note",
    Verdict.REVIEW: "warning",
    Verdict.DANGEROUS: "error",
    Verdict.BLOCKED: "error",
}
APP = "main.py"  # a plan has no line of source; scanners want a file, and this is the one that makes it


def render(report: Report) -> str:
    """One run of a tool; what is waived is suppressed."""
    results = [result for review in report.reviews for result in _results(review)]
    used = sorted({result["ruleId"] for result in results})
    run = {
        "tool": {"driver": {"name": "payctl review", "rules": [_rule(rule) for rule in used]}},
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: str) -> dict[str, Any]:
    titles = {kind.key: kind.title for kind in Kind}
    return {"id": rule, "shortDescription": {"text": f"{titles[rule.partition('/')[0]]}: {rule}"}}


def _results(review: Review) -> Iterable[dict[str, Any]]:
    for block in review.blocks:
        for finding in block.findings:
            yield _result(review, finding)


def _result(review: Review, finding: Finding) -> dict[str, Any]:
    told = [f"{review.environment}: {finding.address} {finding.title}.", *finding.details]
    told += [f"Paste: {finding.paste}"] if finding.paste else []
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": LEVELS[finding.verdict],
        "message": {"text": " ".join(told)},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": APP}, "region": {"startLine": 1}},
                "logicalLocations": [
                    {"fullyQualifiedName": address, "kind": "resource"} for address in finding.addresses
                ],
            }
        ],
        "partialFingerprints": {"finding/v1": f"{review.environment}:{finding.rule}:{finding.address}"},
    }
    if finding.rule == "policy/old":
        result["baselineState"] = "unchanged"
    if finding.waiver:
        reason = f"{finding.waiver.reason} (until {finding.waiver.until})"
        result["suppressions"] = [{"kind": "external", "justification": reason}]
    return result
