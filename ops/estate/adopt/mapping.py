"""The table [estate.adopt] of an environment file."""

import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from constructs_lib.settings.environments import EnvironmentErrors, load
from constructs_lib.settings.estate import Adoption
from ops.errors import NEEDS_PERSON, Problem
from ops.estate.adopt.reconcile import adoption_line

HEADER = "[estate.adopt]"
TABLE = re.compile(r"^\[estate\.adopt\][^\n]*\n(?:(?!\[)[^\n]*\n?)*", re.MULTILINE)


def write(file: Path, adoptions: Iterable[Adoption]) -> None:
    """Replaces or appends the table and leaves all other bytes unchanged. The file is replaced atomically.

    Raises a Problem if the file does not exist or would be invalid.
    """
    if not file.is_file():
        raise Problem(
            f"{file.parent.name}/{file.name} does not exist: a short-lived environment adopts nothing.",
            hint=f"Copy a file of envs/ to {file.parent.name}/{file.name} first.",
            code=NEEDS_PERSON,
        )
    before = file.read_text()
    body = "\n".join([HEADER, *map(adoption_line, sorted(adoptions, key=lambda it: it.address))])
    if table := TABLE.search(before):
        blank = table[0].removeprefix(table[0].rstrip("\n")) or "\n"
        after = before[: table.start()] + body + blank + before[table.end() :]
    else:
        after = f"{before.rstrip()}\n\n{body}\n"
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".") as folder:
        draft = Path(folder, file.name)
        draft.write_text(after)
        try:
            load(file.stem, envs=Path(folder))
        except EnvironmentErrors as errors:
            raise Problem(f"Nothing was written: {errors}") from errors
        os.replace(draft, file)
