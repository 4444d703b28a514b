"""The input of all judges: a plan, the knowledge, and probable renames."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ops.review.knowledge import Knowledge
from ops.review.plan.plan import Action, Change
from ops.review.plan.plan import Plan as ParsedPlan
from ops.review.plan.secrets import Redactor
from ops.review.plan.values import pick
from ops.review.report import Finding

NAMES = ("id", "arn", "name", "url", "bucket", "function_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Represents a plan to judge; `renames`: destroyed changes by the created address of a rename."""

    plan: ParsedPlan
    knowledge: Knowledge
    redactor: Redactor
    renames: Mapping[str, Change] = field(default_factory=dict)

    def finding(
        self,
        rule: str,
        *changes: Change,
        title: str,
        details: tuple[str, ...] = (),
        paste: str = "",
        addresses: tuple[str, ...] = (),
    ) -> Finding:
        """Returns a finding at these resources or `addresses`; knowledge.toml has each rule's verdict."""
        return Finding(
            kind=self.knowledge.kind(rule),
            rule=rule,
            verdict=self.knowledge.rules[rule],
            addresses=addresses or tuple(change.address for change in changes),
            path=changes[0].path if changes else "",
            title=title,
            details=details,
            paste=paste,
        )

    def destroyed_names(self) -> frozenset[str]:
        """Returns names of destroyed parents: their policies and protections are deleted with them.

        Names of the policies themselves are left out: the policy of a bucket has the bucket's name as id.
        """
        return frozenset(
            value
            for change in self.plan.changes
            if change.action is Action.DESTROY and self._is_parent(change.type)
            for name in NAMES
            for value in pick(change.before, name)
            if isinstance(value, str)
        )

    def _is_parent(self, kind: str) -> bool:
        known = self.knowledge.type(kind)
        return known.parent or known.payment_path or bool(known.stores)

    def transitions(self) -> Iterator[Change]:
        """Yields changes of managed resources; a probable rename is one change."""
        renamed = {change.address for change in self.renames.values()}
        for change in self.plan.changes:
            if not change.managed or change.actions in (("no-op",), ("read",)):
                continue
            old = self.renames.get(change.address)
            if old:
                yield replace(change, actions=("delete", "create"), before=old.before)
            elif change.address not in renamed or change.deposed:
                yield change
