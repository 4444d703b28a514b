"""Reports for tests of the HTML page."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from ops.review.plan.plan import Action
from ops.review.report import (
    Attribute,
    Block,
    Command,
    Counts,
    Edge,
    Finding,
    Graph,
    Node,
    Report,
    Review,
    Row,
    Waiver,
)
from ops.review.verdict import Kind, Verdict

EVIL = "<script>pwned=1</script><img src=x onerror=pwned=2>\"'><svg onload=pwned=3>javascript:pwned=4"
TABLE, ROLE, KEY = "aws_dynamodb_table.Ledger", "aws_iam_role_policy.Worker", "aws_kms_key.Key"


def finding(kind: Kind, verdict: Verdict, address: str) -> Finding:
    return Finding(
        kind=kind,
        rule=f"{kind.key}/x",
        verdict=verdict,
        addresses=(address,),
        title=f"{kind.title} of {address}",
    )


def review(environment: str = "dev", shape: str = "s") -> Review:
    """Returns a review with three findings of three kinds, two rows and three nodes."""
    lost = finding(Kind.DATA_LOSS, Verdict.BLOCKED, TABLE)
    lost = replace(lost, details=("It holds payments.",), paste="x.move()")
    wide = replace(finding(Kind.IAM, Verdict.DANGEROUS, ROLE), path="Worker/Role")
    late = replace(finding(Kind.OUTPUT, Verdict.SAFE, TABLE), waiver=Waiver("known", "2027-01-31"))
    rows = (
        Row(
            address=TABLE,
            type="aws_dynamodb_table",
            construct="Ledger",
            action=Action.REPLACE,
            attributes=(Attribute("hash_key", "pk", "", replaces=True),),
            findings=(lost, late),
        ),
        Row(
            address=ROLE,
            type="aws_iam_role_policy",
            construct="Worker",
            action=Action.NO_OP,
            moved_from="aws_iam_role_policy.Old",
            import_id="i-1",
            findings=(wide,),
        ),
    )
    nodes = (
        Node(TABLE, "aws_dynamodb_table", "Ledger", Action.REPLACE, Verdict.BLOCKED),
        Node(ROLE, "aws_iam_role_policy", "Worker", Action.UPDATE, Verdict.DANGEROUS),
        Node(KEY, "aws_kms_key", "Key", Action.NO_OP, Verdict.SAFE),
    )
    return Review(
        environment=environment,
        verdict=Verdict.BLOCKED,
        counts=Counts(replace=1, move=1),
        blocks=(Block(Kind.DATA_LOSS, (lost,)), Block(Kind.IAM, (wide,)), Block(Kind.OUTPUT, (late,))),
        rows=rows,
        graph=Graph(nodes, (Edge(TABLE, KEY), Edge(ROLE, TABLE))),
        hash="0a1b",
        shape=shape,
        commands=(Command("Reproduce", "./payctl plan dev"),),
        notes=("A note.",),
    )


def report(*reviews: Review) -> Report:
    return Report(reviews or (review(),))


def evil() -> Report:
    """Returns a report with markup in every text of a plan, a waiver or AWS."""
    bad = Finding(
        kind=Kind.IAM,
        rule=EVIL,
        verdict=Verdict.DANGEROUS,
        addresses=(EVIL,),
        title=EVIL,
        path=EVIL,
        details=(EVIL,),
        paste=EVIL,
        waiver=Waiver(EVIL, EVIL),
    )
    row = Row(
        address=EVIL,
        type=EVIL,
        construct=EVIL,
        action=Action.UPDATE,
        moved_from=EVIL,
        import_id=EVIL,
        attributes=(Attribute(EVIL, EVIL, EVIL, replaces=True),),
        findings=(bad,),
    )
    made = replace(
        review(EVIL),
        blocks=(Block(Kind.IAM, (bad,)),),
        rows=(row,),
        graph=Graph((Node(EVIL, EVIL, EVIL, Action.UPDATE, Verdict.DANGEROUS),)),
        hash=EVIL,
        commands=(Command(EVIL, EVIL),),
        notes=(EVIL,),
    )
    return Report((made, replace(made, environment="prod", shape="other")))


def large(number: int) -> Review:
    """Returns a review of that many changed resources, each with a reference to the next."""
    nodes = tuple(
        Node(f"aws_sqs_queue.q{n}", "aws_sqs_queue", f"Queue number {n} of them", Action.CREATE, Verdict.SAFE)
        for n in range(number)
    )
    edges = tuple(Edge(one.address, other.address) for one, other in pairwise(nodes))
    return replace(review(), graph=Graph(nodes, edges))
