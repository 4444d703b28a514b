"""The result of a review, as all renderers get it: nothing in it is secret."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal

from ops.review.plan.plan import Action
from ops.review.verdict import Kind, Verdict


@dataclass(frozen=True, slots=True)
class Waiver:
    """Represents the accepted findings of an address; `until`: the last day, YYYY-MM-DD."""

    reason: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Represents one finding under a heading.

    `rule`: stable id such as `data-loss/replaced`. `verdict`: the rule's, without a waiver. `addresses`: all
    affected resources; `path`: the construct of the first. `title`: a sentence without its subject, the
    resource. `details`: more sentences. `paste`: code that prevents the loss.
    """

    kind: Kind
    rule: str
    verdict: Verdict
    addresses: tuple[str, ...]
    title: str
    path: str = ""
    details: tuple[str, ...] = ()
    paste: str = ""
    waiver: Waiver | None = None

    @property
    def address(self) -> str:
        """Returns the first address, "" for a finding about the whole plan."""
        return self.addresses[0] if self.addresses else ""

    @property
    def effective_verdict(self) -> Verdict:
        """Returns the verdict, SAFE for a waived finding."""
        return Verdict.SAFE if self.waiver else self.verdict


@dataclass(frozen=True, slots=True)
class Block:
    """Represents the findings under a heading; `open` blocks need a decision, the others are folded."""

    kind: Kind
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        return _worst(self.findings)

    @property
    def open(self) -> bool:
        """Returns whether a person must decide."""
        return self.verdict >= Verdict.REVIEW


@dataclass(frozen=True, slots=True)
class Attribute:
    """Represents a changed attribute; `before` and `after`: texts without secrets, "" for no value."""

    name: str
    before: str
    after: str
    replaces: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Represents a resource that changes; `construct`: its path without `Resource`, or its name."""

    address: str
    type: str
    construct: str
    action: Action
    moved_from: str = ""
    import_id: str = ""
    attributes: tuple[Attribute, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> Verdict:
        return _worst(self.findings)

    @property
    def policy(self) -> tuple[str, ...]:
        """Returns the failed checks of Checkov, such as `CKV_AWS_27 (new)`."""
        found = [finding for finding in self.findings if finding.kind is Kind.POLICY]
        return tuple(f"{each.title.split()[0]} ({each.rule.partition('/')[2]})" for each in found)


@dataclass(frozen=True, slots=True)
class Counts:
    """Represents the numbers of changes by action, drifted resources, failed checks and changed outputs."""

    create: int = 0
    update: int = 0
    replace: int = 0
    destroy: int = 0
    move: int = 0
    import_: int = 0
    forget: int = 0
    drift: int = 0
    checks: int = 0
    outputs: int = 0

    def items(self) -> tuple[tuple[str, int], ...]:
        """Returns names and numbers, also zeros."""
        return tuple((each.name.rstrip("_"), getattr(self, each.name)) for each in fields(self))

    def words(self) -> str:
        """Returns `1 replace, 2 updates, 1 check`; empty when nothing happens."""
        return ", ".join(
            f"{number} {name.removesuffix('s')}{'s' if number > 1 else ''}"
            for name, number in self.items()
            if number
        )


@dataclass(frozen=True, slots=True)
class Node:
    """Represents a resource in the picture; `action`: no-op for an unchanged neighbour."""

    address: str
    type: str
    construct: str
    action: Action
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Edge:
    """Represents a reference of `source` to `target`, addresses of nodes."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Represents the resources that change and their unchanged neighbours, the gravest first."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()

    @property
    def changed(self) -> int:
        """Returns how many nodes change."""
        return sum(node.action is not Action.NO_OP for node in self.nodes)

    def gravest(self) -> Graph:
        """Returns the first 25 nodes with the edges between them: a larger picture cannot be read."""
        nodes = self.nodes[:25]
        kept = {node.address for node in nodes}
        return Graph(nodes, tuple(edge for edge in self.edges if {edge.source, edge.target} <= kept))


@dataclass(frozen=True, slots=True)
class CostLine:
    """Represents a resource's cost before and after, US dollars a month."""

    address: str
    what: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Represents the cost before and after, US dollars: fixed a month, and for a million payments."""

    fixed_before: Decimal
    fixed_after: Decimal
    per_million_before: Decimal
    per_million_after: Decimal
    lines: tuple[CostLine, ...] = ()
    prices_of: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """Represents a shell command to copy, with its purpose."""

    what: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Represents the review of one environment's plan.

    `hash`: the canonical hash of this plan. `shape`: equal for plans that do the same in environments of
    other names.
    """

    environment: str
    verdict: Verdict
    counts: Counts
    blocks: tuple[Block, ...]
    rows: tuple[Row, ...]
    graph: Graph
    hash: str
    shape: str
    commands: tuple[Command, ...] = ()
    notes: tuple[str, ...] = ()
    cost: Cost | None = None
    terraform: str = ""

    def block(self, kind: Kind) -> Block | None:
        return next((block for block in self.blocks if block.kind is kind), None)

    @property
    def headline(self) -> str:
        """Returns the reason of the verdict: the titles of the blocks that cause it."""
        causes = [block.kind.title for block in self.blocks if block.verdict == self.verdict != Verdict.SAFE]
        return ", ".join(causes)


@dataclass(frozen=True, slots=True)
class Report:
    """Represents reviews in the order of the command line."""

    reviews: tuple[Review, ...]

    @property
    def verdict(self) -> Verdict:
        return max((review.verdict for review in self.reviews), default=Verdict.SAFE)

    @property
    def groups(self) -> tuple[tuple[Review, ...], ...]:
        """Returns the reviews, those of equal plans together."""
        by_shape: dict[tuple[str, Verdict], list[Review]] = {}
        for review in self.reviews:
            by_shape.setdefault((review.shape, review.verdict), []).append(review)
        return tuple(map(tuple, by_shape.values()))


def _worst(findings: Iterable[Finding]) -> Verdict:
    return max((finding.effective_verdict for finding in findings), default=Verdict.SAFE)
