"""The review as SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/."""

import json
from typing import Any

from ops.review.report import Finding, Report, Review
from ops.review.verdict import Verdict

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {
    Verdict.SAFE: "note",
    Verdict.REVIEW: "warning",
    Verdict.DANGEROUS: "error",
    Verdict.BLOCKED: "error",
}
APP = "main.py"  # scanners require a file, and a plan has none: the app that synthesizes it


def render(report: Report) -> str:
    """Returns one run with all findings; waived ones are suppressed."""
    found = [
        (review, finding)
        for review in report.reviews
        for block in review.blocks
        for finding in block.findings
    ]
    titles = {finding.rule: finding.kind.title for _, finding in found}
    rules = [
        {"id": rule, "shortDescription": {"text": f"{title}: {rule}"}}
        for rule, title in sorted(titles.items())
    ]
    results = [_result(review, finding) for review, finding in found]
    run = {"tool": {"driver": {"name": "payctl review", "rules": rules}}, "results": results}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _result(review: Review, finding: Finding) -> dict[str, Any]:
    sentences = [f"{review.environment}: {finding.address} {finding.title}.", *finding.details]
    sentences += [f"Paste: {finding.paste}"] if finding.paste else []
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": LEVELS[finding.verdict],
        "message": {"text": " ".join(sentences)},
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
