"""Names that AWS accepts, in every environment."""

import pytest

from constructs_lib.settings.naming import Naming, is_environment

LONGEST = Naming("a" * 16)


def test_every_name_says_system_and_environment() -> None:
    dev = Naming("dev")
    assert dev.prefix == "payments-dev"
    assert dev.name("queue") == "payments-dev-queue"
    assert dev.bucket("audit", "123456789012") == "payments-dev-audit-123456789012"
    assert dev.secret("pepper") == "payments-dev/pepper"
    assert dev.parameter("queue/url") == "/payments/dev/queue/url"


def test_the_longest_names_of_the_longest_environment_just_fit() -> None:
    assert len(LONGEST.name("b" * 38)) == 64
    assert len(LONGEST.bucket("b" * 24, "123456789012")) == 63
    assert len(LONGEST.parameter("/".join(["b" * 38] * 13))) <= 900


def test_a_thing_that_does_not_fit_every_environment_fits_none() -> None:
    short = Naming("a")
    with pytest.raises(ValueError, match="must be 1 to 38 characters"):
        short.name("b" * 39)
    with pytest.raises(ValueError, match="must be 1 to 38 characters"):
        short.secret("b" * 39)
    with pytest.raises(ValueError, match="must be 1 to 38 characters"):
        short.parameter("queue/" + "b" * 39)
    with pytest.raises(ValueError, match="must be 1 to 24 characters"):
        short.bucket("b" * 25, "123456789012")


def test_a_parameter_is_no_deeper_than_systems_manager_allows() -> None:
    assert LONGEST.parameter("/".join("a" * 13)).count("/") == 15
    with pytest.raises(ValueError, match="at most 13 steps"):
        LONGEST.parameter("/".join("a" * 14))


@pytest.mark.parametrize("thing", ["", "Queue", "a_b", "a--b", "-a", "a-", "a.b", "a b", "ä", "a\n"])
def test_a_thing_is_words_and_single_dashes(thing: str) -> None:
    with pytest.raises(ValueError, match="single dashes"):
        Naming("dev").name(thing)
    with pytest.raises(ValueError, match="single dashes"):
        Naming("dev").parameter(f"queue/{thing}")


@pytest.mark.parametrize("name", ["a", "dev", "pr7255", "a-b-c", "a" * 16])
def test_an_environment_may_be_called(name: str) -> None:
    assert is_environment(name)
    assert Naming(name).environment == name


@pytest.mark.parametrize(
    "name",
    ["", "7pr", "Dev", "a-", "-a", "a--b", "a_b", "a.b", "a/b", "dev\n", "a" * 17, "default", "backend"],
)
def test_an_environment_may_not_be_called(name: str) -> None:
    assert not is_environment(name)
    with pytest.raises(ValueError, match="a letter first"):
        Naming(name)
