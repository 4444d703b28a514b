"""What every renderer gets: verdict, counts, blocks, rows, graph, cost. Nothing in it is secret."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import Enum, IntEnum

from ops.review.plan.plan import Action


class Verdict(IntEnum):
    """Ordered: the worst of several is their maximum."""

    SAFE = 0
    REVIEW = 1
    DANGEROUS = 2
    BLOCKED = 3

    @property
    def exit_code(self) -> int:
        return {Verdict.SAFE: 0, Verdict.BLOCKED: 3}.get(self, 2)


class Kind(Enum):
    """The headings, in the order in which a reviewer asks; (key, heading)."""

    INCOMPLETE = ("incomplete", "The plan is not whole")
    DATA_LOSS = ("data-loss", "Data loss")
    RENAME = ("rename", "Probably a rename")
    IAM = ("iam", "Permissions")
    NETWORK = ("network", "Doors opened")
    PROTECTION = ("protection", "Encryption, logging or protection weakened")
    PAYMENTS = ("payments", "Can stop payments")
    CHECK = ("check", "Failed checks")
    SECRET = ("secret", "Secrets changed")
    COST = ("cost", "Cost")
    POLICY = ("policy", "Policy findings")
    DRIFT = ("drift", "Drift")
    STATE = ("state", "Moved, imported, forgotten")
    OUTPUT = ("output", "Outputs")
    CHANGE = ("change", "Other changes")

    @property
    def key(self) -> str:
        return self.value[0]

    @property
    def title(self) -> str:
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Waiver:
    """A person's decision that a finding is meant; `until` is a day, YYYY-MM-DD."""

    reason: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One sentence under a heading.

    `rule`: stable id such as `data-loss/replaced`. `verdict`: what it asks for on its own; a waived one asks
    for nothing. `details`: more sentences. `paste`: code that would save it. `addresses`: all that it is true
    of; the first is the one that it is shown at. `path`: that one's construct.
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
        return self.addresses[0] if self.addresses else ""

    @property
    def asks(self) -> Verdict:
        return Verdict.SAFE if self.waiver else self.verdict


@dataclass(frozen=True, slots=True)
class Block:
    """A heading and what stands under it; `open` ones are read first, the others are folded."""

    kind: Kind
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        return max((finding.asks for finding in self.findings), default=Verdict.SAFE)

    @property
    def open(self) -> bool:
        return self.verdict >= Verdict.REVIEW


@dataclass(frozen=True, slots=True)
class Attribute:
    """A changed attribute, as it may be shown: `before` and `after` are texts, "" where there is nothing."""

    name: str
    before: str
    after: str
    replaces: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One resource that changes. `construct`: path without the last `Resource`, or the address's own name."""

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
        return max((finding.asks for finding in self.findings), default=Verdict.SAFE)

    @property
    def policy(self) -> tuple[str, ...]:
        """Checks of Checkov that fail here, each with whether it is new: `CKV_AWS_27 (new)`."""
        found = [finding for finding in self.findings if finding.kind is Kind.POLICY]
        return tuple(f"{each.title.split()[0]} ({each.rule.partition('/')[2]})" for each in found)


@dataclass(frozen=True, slots=True)
class Counts:
    """True counts: of resources, then of drifted resources, of checks that did not pass, of outputs."""

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
    """A resource in the picture; `action` is no-op for an unchanged neighbour."""

    address: str
    type: str
    construct: str
    action: Action
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Edge:
    """`source` refers to `target`; both are addresses of nodes."""

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
    """One resource's part in what changes, dollars a month."""

    address: str
    what: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Dollars: fixed a month, and per million payments, before and after the plan."""

    fixed_before: Decimal
    fixed_after: Decimal
    per_million_before: Decimal
    per_million_after: Decimal
    lines: tuple[CostLine, ...] = ()
    prices_of: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """A line to copy, and what it does."""

    what: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One environment's plan, judged. `hash`: canonical, of exactly this plan. `shape`: equal for plans that
    do the same in environments of other names."""

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
        """Why the verdict: the titles of the headings that ask for it."""
        asking = [block.kind.title for block in self.blocks if block.verdict == self.verdict != Verdict.SAFE]
        return ", ".join(asking)


@dataclass(frozen=True, slots=True)
class Report:
    """Reviews in the order in which they were asked for."""

    reviews: tuple[Review, ...]

    @property
    def verdict(self) -> Verdict:
        return max((review.verdict for review in self.reviews), default=Verdict.SAFE)

    @property
    def groups(self) -> tuple[tuple[Review, ...], ...]:
        """Reviews of equal plans together."""
        return tuple(tuple(group) for group in _grouped(self.reviews))


def _grouped(reviews: Iterable[Review]) -> Iterable[list[Review]]:
    by_shape: dict[tuple[str, Verdict], list[Review]] = {}
    for review in reviews:
        by_shape.setdefault((review.shape, review.verdict), []).append(review)
    return by_shape.values()
