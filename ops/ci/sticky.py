"""One comment and one issue an environment, found again by a hidden mark and kept up to date in place."""

from __future__ import annotations

from ops.ci.forge import Forge, Note

LABEL = "drift"
CUT = "\n\n*The rest is in the artifact of this run.*\n"


def mark(kind: str, environment: str) -> str:
    """A comment of HTML, which nobody sees in a rendered note."""
    return f"<!-- payctl:{kind}:{environment} -->"


def comment(forge: Forge, change: int, environment: str, text: str) -> str:
    """Keep the environment's one comment on a change; returns what was done."""
    body = marked("review", environment, text, forge.longest)
    there = found(forge.notes(change), mark("review", environment))
    if there is None:
        forge.add_note(change, body)
        return "posted"
    if there.body == body:
        return "unchanged"
    forge.edit_note(change, there.id, body)
    return "updated"


def issue(forge: Forge, environment: str, text: str, *, drifted: bool) -> str:
    """Keep the environment's one issue: open while it has drifted, closed with a word when it has not."""
    there = found(forge.issues(LABEL), mark("drift", environment))
    body = marked("drift", environment, text, forge.longest)
    if there is None:
        if not drifted:
            return "none"
        forge.open_issue(f"{environment} has drifted", body, LABEL)
        return "opened"
    if not drifted:
        forge.close_issue(there.id, body)
        return "closed"
    if there.body != body:
        forge.edit_issue(there.id, body)
        return "updated"
    return "unchanged"


def found(notes: list[Note], hidden: str) -> Note | None:
    """The first of ours that begins with the mark: what others write cannot take its place."""
    return next((note for note in notes if note.mine and note.body.startswith(hidden)), None)


def marked(kind: str, environment: str, text: str, longest: int) -> str:
    """The text behind its mark, cut at the end of a line to what a forge takes."""
    body = f"{mark(kind, environment)}\n{text.strip()}\n"
    if len(body) <= longest:
        return body
    room = body[: longest - len(CUT)]
    return room[: room.rfind("\n")] + CUT
