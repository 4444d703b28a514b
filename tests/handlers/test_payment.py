from itertools import product

import pytest

from payments.payment import FINAL, Status, require_move

ONLY_WITH_CAPTURE = {Status.REQUIRES_CAPTURE, Status.SUCCEEDED, Status.CANCELED}


@pytest.mark.parametrize(("before", "after"), [*product(sorted(FINAL), Status)])
def test_a_final_status_is_never_left(before: Status, after: Status) -> None:
    with pytest.raises(ValueError, match=f"from {before} to {after}"):
        require_move(before, after)


@pytest.mark.parametrize("after", sorted(set(Status) - ONLY_WITH_CAPTURE))
def test_an_authorized_payment_is_captured_or_canceled_and_nothing_else(after: Status) -> None:
    with pytest.raises(ValueError, match="from requires_capture"):
        require_move(Status.REQUIRES_CAPTURE, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [*product([Status.PROCESSING, Status.REQUIRES_ACTION], Status)]
    + [(Status.REQUIRES_CAPTURE, after) for after in sorted(ONLY_WITH_CAPTURE)],
)
def test_every_other_step_is_open(before: Status, after: Status) -> None:
    require_move(before, after)
