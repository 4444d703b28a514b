from itertools import product

import pytest

from payments.payment import FINAL, Status, require_move

AFTER_AUTHORIZATION = {Status.REQUIRES_CAPTURE, Status.PROCESSING, Status.SUCCEEDED, Status.CANCELED}


@pytest.mark.parametrize(("before", "after"), [*product(sorted(FINAL), Status)])
def test_a_final_status_is_never_left(before: Status, after: Status) -> None:
    with pytest.raises(ValueError, match=f"from {before} to {after}"):
        require_move(before, after)


@pytest.mark.parametrize("after", sorted(set(Status) - AFTER_AUTHORIZATION))
def test_an_authorized_payment_is_captured_or_canceled_or_in_doubt(after: Status) -> None:
    with pytest.raises(ValueError, match="from requires_capture"):
        require_move(Status.REQUIRES_CAPTURE, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [*product([Status.PROCESSING, Status.REQUIRES_ACTION], Status)]
    + [(Status.REQUIRES_CAPTURE, after) for after in sorted(AFTER_AUTHORIZATION)],
)
def test_every_other_step_is_open(before: Status, after: Status) -> None:
    require_move(before, after)
