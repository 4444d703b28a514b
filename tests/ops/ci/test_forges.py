from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.ci import sticky
from ops.ci.forge import Forge, from_runner
from ops.errors import NEEDS_PERSON, Problem
from tests.ops.ci.forges import TOKEN, Fake, FakeGitHub, FakeGitLab, serving

OTHER = {"login": "mallory", "id": 8}


@pytest.fixture(params=[FakeGitHub, FakeGitLab])
def fake(request: pytest.FixtureRequest) -> Iterator[Fake]:
    with serving(request.param()) as running:
        yield running


@pytest.fixture
def forge(fake: Fake) -> Forge:
    return from_runner(variables(fake))


def variables(fake: Fake) -> dict[str, str]:
    if isinstance(fake, FakeGitHub):
        return {"GITHUB_API_URL": fake.base, "GITHUB_REPOSITORY": "acme/payments", "GITHUB_TOKEN": TOKEN}
    return {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": fake.base,
        "CI_PROJECT_ID": "42",
        "PAYCTL_GITLAB_TOKEN": TOKEN,
    }


def texts(fake: Fake) -> list[str]:
    return [comment["body"] for comment in fake.comments]


def test_an_environment_has_one_comment_that_is_kept_current(fake: Fake, forge: Forge) -> None:
    assert sticky.comment(forge, 5, "dev", "first") == "posted"
    assert sticky.comment(forge, 5, "dev", "second") == "updated"
    assert sticky.comment(forge, 5, "dev", "second") == "unchanged"
    assert texts(fake) == ["<!-- payctl:review:dev -->\nsecond\n"]
    assert len(fake.changes) == 2


def test_environments_and_changes_have_comments_of_their_own(fake: Fake, forge: Forge) -> None:
    for change, environment in ((5, "dev"), (5, "prod"), (6, "dev")):
        assert sticky.comment(forge, change, environment, environment) == "posted"
    assert len(fake.comments) == 3


def test_the_comment_is_found_behind_many_others(fake: Fake, forge: Forge) -> None:
    for number in range(205):
        fake.added(fake.comments, body=f"talk {number}", change=5, user=OTHER, author=OTHER)
    sticky.comment(forge, 5, "dev", "first")
    assert sticky.comment(forge, 5, "dev", "second") == "updated"
    assert len(fake.comments) == 206


def test_a_comment_of_another_user_with_the_mark_is_left_alone(fake: Fake, forge: Forge) -> None:
    planted = f"{sticky.mark('review', 'dev')}\nSAFE"
    fake.added(fake.comments, body=planted, change=5, user=OTHER, author=OTHER)
    assert sticky.comment(forge, 5, "dev", "DANGEROUS") == "posted"
    assert texts(fake) == [planted, "<!-- payctl:review:dev -->\nDANGEROUS\n"]


def test_a_mark_in_the_middle_of_a_text_is_no_mark(fake: Fake, forge: Forge) -> None:
    fake.added(fake.comments, body=f"quoting {sticky.mark('review', 'dev')}", change=5)
    assert sticky.comment(forge, 5, "dev", "first") == "posted"


def test_a_comment_that_is_too_long_is_cut_at_a_line_and_says_so() -> None:
    body = sticky.marked("review", "dev", "\n".join(["x" * 50] * 40), 1000)
    assert len(body) <= 1000
    assert body.startswith(sticky.mark("review", "dev"))
    assert body.endswith(f"{'x' * 50}{sticky.CUT}")


def test_drift_opens_an_issue_keeps_it_current_and_closes_it(fake: Fake, forge: Forge) -> None:
    done = [
        sticky.issue(forge, "prod", text, drifted=drifted)
        for text, drifted in (
            ("nothing", False),
            ("a queue", True),
            ("a queue", True),
            ("two queues", True),
            ("nothing", False),
            ("nothing", False),
            ("again", True),
        )
    ]
    assert done == ["none", "opened", "unchanged", "updated", "closed", "none", "opened"]
    assert [issue["state"] for issue in fake.issues] == ["closed", "open"]
    assert [issue["title"] for issue in fake.issues] == ["prod has drifted"] * 2
    assert "drift" in fake.issues[0]["labels"]
    last = fake.issues[0].get("description") or fake.issues[0]["body"]
    assert last == "<!-- payctl:drift:prod -->\nnothing\n"


def test_environments_have_issues_of_their_own(fake: Fake, forge: Forge) -> None:
    assert sticky.issue(forge, "dev", "a", drifted=True) == "opened"
    assert sticky.issue(forge, "prod", "b", drifted=True) == "opened"
    assert sticky.issue(forge, "dev", "", drifted=False) == "closed"
    assert [issue["state"] for issue in fake.issues] == ["closed", "open"]


@pytest.mark.parametrize(
    ("status", "sentence"), [(403, "refuses"), (500, "answered 500"), (404, "answered 404")]
)
def test_a_forge_that_does_not_do_it_is_a_sentence_without_the_token(
    fake: Fake, forge: Forge, status: int, sentence: str
) -> None:
    fake.refuse = status
    with pytest.raises(Problem, match=sentence) as caught:
        sticky.comment(forge, 5, "dev", "text")
    assert TOKEN not in str(caught.value) + repr(forge)
    assert fake.comments == []


def test_a_token_that_is_wrong_needs_a_person(fake: Fake) -> None:
    name = "GITHUB_TOKEN" if isinstance(fake, FakeGitHub) else "PAYCTL_GITLAB_TOKEN"
    with pytest.raises(Problem, match="refuses") as caught:
        from_runner(variables(fake) | {name: "wrong"}).issues("drift")
    assert caught.value.code == NEEDS_PERSON


def test_a_variable_that_is_missing_is_named(fake: Fake) -> None:
    for name in variables(fake):
        if name != "GITLAB_CI":
            with pytest.raises(Problem, match=f"{name} is not set"):
                from_runner({key: value for key, value in variables(fake).items() if key != name})


def test_pull_requests_in_githubs_list_of_issues_are_no_issues() -> None:
    with serving(FakeGitHub()) as fake:
        body = f"{sticky.mark('drift', 'dev')}\n"
        fake.added(fake.issues, state="open", labels=["drift"], body=body, pull_request={})
        assert from_runner(variables(fake)).issues("drift") == []
