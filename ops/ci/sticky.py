"""One comment and one issue for each environment, found by a hidden mark and updated in place."""

from ops.ci.forge import Forge, Note

LABEL = "drift"
CUT = "\n\n*The rest is in the artifact of this run.*\n"


def mark(kind: str, environment: str) -> str:
    """Returns the mark: an HTML comment, which is invisible in a rendered note."""
    return f"<!-- payctl:{kind}:{environment} -->"


def comment(forge: Forge, change: int, environment: str, text: str) -> str:
    """Posts or updates the comment of an environment on a change; returns the action."""
    body = marked("review", environment, text, forge.longest)
    existing = find(forge.notes(change), mark("review", environment))
    if existing is None:
        forge.add_note(change, body)
        return "posted"
    if existing.body == body:
        return "unchanged"
    forge.edit_note(change, existing.id, body)
    return "updated"


def issue(forge: Forge, environment: str, text: str, *, drifted: bool) -> str:
    """Keeps the issue about the drift of an environment, closed without drift; returns the action."""
    existing = find(forge.issues(LABEL), mark("drift", environment))
    body = marked("drift", environment, text, forge.longest)
    if existing is None:
        if not drifted:
            return "none"
        forge.open_issue(f"{environment} has drifted", body, LABEL)
        return "opened"
    if not drifted:
        forge.edit_issue(existing.id, body, close=True)
        return "closed"
    if existing.body != body:
        forge.edit_issue(existing.id, body)
        return "updated"
    return "unchanged"


def find(notes: list[Note], hidden: str) -> Note | None:
    """Returns the first note of the workflows that begins with the mark; notes of others are ignored."""
    return next((note for note in notes if note.own and note.body.startswith(hidden)), None)


def marked(kind: str, environment: str, text: str, longest: int) -> str:
    """Returns the text behind its mark, cut at the end of a line to the limit of the forge."""
    body = f"{mark(kind, environment)}\n{text.strip()}\n"
    if len(body) <= longest:
        return body
    room = body[: longest - len(CUT)]
    return room[: room.rfind("\n")] + CUT
