"""From what a payment waits for to a question that the gateway understands."""

from payments.changes import waiting
from payments.gateway import Busy, Gateway, Movement, Order, Outcome, Result
from payments.payment import CaptureMethod, Operation, Payment


def ask(gateway: Gateway, payment: Payment) -> Outcome | Result | Busy:
    """Ask what is pending; asked again it has the same key, so that nothing is done twice."""
    match waiting(payment).operation:
        case Operation.CREATE:
            return gateway.charge(_order(payment))
        case Operation.CAPTURE:
            return gateway.capture(_movement(payment))
        case Operation.CANCEL | Operation.EXPIRE:
            return gateway.cancel(_movement(payment))
        case Operation.REFUND:
            return gateway.refund(_movement(payment))


def ask_again(gateway: Gateway, payment: Payment) -> Outcome | Result | Busy:
    """Ask after the caller has gone: a charge is then looked for and not made, for nobody expects it."""
    if waiting(payment).operation is Operation.CREATE:
        return gateway.find(_order(payment))
    return ask(gateway, payment)


def _order(payment: Payment) -> Order:
    return Order(
        idempotency_key=waiting(payment).key,
        amount=payment.amount,
        currency=payment.currency,
        payment_method=payment.payment_method,
        capture=payment.capture_method is CaptureMethod.AUTOMATIC,
    )


def _movement(payment: Payment) -> Movement:
    pending = waiting(payment)
    if payment.charge is None:
        raise ValueError("there is no charge to move money of")
    return Movement(
        idempotency_key=pending.key,
        charge=payment.charge,
        amount=pending.amount,
        currency=payment.currency,
        final=pending.final,
    )
