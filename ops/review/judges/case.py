"""What every judge is given, and how it says what it found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ops.review.knowledge import Knowledge
from ops.review.plan.plan import Action, Change
from ops.review.plan.plan import Plan as ParsedPlan
from ops.review.plan.secrets import Vault
from ops.review.plan.values import pick
from ops.review.report import Finding

NAMES = ("id", "arn", "name", "url", "bucket", "function_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A plan, what is known, and the pairs that are probably one thing under two addresses.

    `twins`: created address to the destroyed change that it probably is.
    """

    plan: ParsedPlan
    knowledge: Knowledge
    vault: Vault
    twins: Mapping[str, Change] = field(default_factory=dict)

    def finding(
        self, rule: str, *changes: Change, title: str, details: tuple[str, ...] = (), paste: str = ""
    ) -> Finding:
        """A finding at these resources, with the verdict that the rule has."""
        return Finding(
            kind=self.knowledge.kind(rule),
            rule=rule,
            verdict=self.knowledge.rules[rule],
            addresses=tuple(change.address for change in changes),
            path=changes[0].path if changes else "",
            title=title,
            details=details,
            paste=paste,
        )

    def gone(self) -> frozenset[str]:
        """What destroyed resources were called: policies and protections that hang on one go with it.

        Not what hangs on another itself: a bucket's policy has the bucket's name for its id.
        """
        return frozenset(
            value
            for change in self.plan.changes
            if change.action is Action.DESTROY and self._owns(change.type)
            for name in NAMES
            for value in pick(change.before, name)
            if isinstance(value, str)
        )

    def _owns(self, kind: str) -> bool:
        known = self.knowledge.type(kind)
        return known.owns or known.path or bool(known.keeps)

    def transitions(self) -> Iterator[Change]:
        """Managed resources that are created, changed or destroyed; a probable rename is one change."""
        renamed = {change.address for change in self.twins.values()}
        for change in self.plan.changes:
            if not change.managed or change.actions in (("no-op",), ("read",)):
                continue
            if change.address in self.twins:
                yield _renamed(self.twins[change.address], change)
            elif change.address not in renamed or change.deposed:
                yield change


def _renamed(old: Change, new: Change) -> Change:
    return Change(
        address=new.address,
        type=new.type,
        actions=("delete", "create"),
        before=old.before,
        after=new.after,
        path=new.path,
    )
