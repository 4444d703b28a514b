"""The reusable constructs know no other part of the project."""

import re
from pathlib import Path

import constructs_lib

FILES = sorted((Path(constructs_lib.__file__).parent / "aws").rglob("*.py"))
OTHER_PARTS = re.compile(r"(?:from|import) constructs_lib(?!\.aws\b|\.cache\b| import cache\b).*")
PAYMENTS = re.compile(r"payment gateway|merchant|ledger|pepper|payctl|runbook", re.IGNORECASE)


def test_reusable_constructs_import_no_other_part_of_the_project() -> None:
    found = {file.name: OTHER_PARTS.findall(file.read_text(encoding="utf-8")) for file in FILES}
    assert not {name: imports for name, imports in found.items() if imports}


def test_reusable_constructs_speak_of_no_payments() -> None:
    found = {file.name: PAYMENTS.findall(file.read_text(encoding="utf-8")) for file in FILES}
    assert not {name: words for name, words in found.items() if words}
