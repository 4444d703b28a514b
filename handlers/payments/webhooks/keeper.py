"""What a merchant may do with webhooks, each once for its Idempotency-Key."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from payments import json_text
from payments.attempts import Attempts, Call, Completed, yield_to
from payments.idempotency import Answer, resolve
from payments.ids import DELIVERY_ID, ENDPOINT_ID, endpoint_id
from payments.problems import Problem, invalid
from payments.times import epoch, rfc3339
from payments.webhooks.delivery import Delivery, DeliveryStatus
from payments.webhooks.destination import Refused
from payments.webhooks.endpoint import MOST_SECRETS, Endpoint, Secret
from payments.webhooks.requests import NewEndpoint
from payments.webhooks.signature import new_secret
from payments.webhooks.store import Webhooks, every_endpoint

MOST_ENDPOINTS = 16  # enabled ones of a merchant: each gets every event that it wants

type Made = tuple[Endpoint | Delivery, Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """`check` raises Refused for a URL that leads to a place where nothing may be sent.

    A request is one read and one write: nobody outside is asked between them.
    """

    attempts: Attempts
    webhooks: Webhooks
    check: Callable[[str], object]
    random_bytes: Callable[[int], bytes]

    def create(self, call: Call, wanted: NewEndpoint) -> Completed:
        """A new endpoint, with its secret."""

        def make(moment: datetime) -> Made:
            try:
                self.check(wanted.url)
            except Refused as refusal:
                raise invalid([{"param": "url", "detail": str(refusal)}]) from None
            found = every_endpoint(self.webhooks, call.merchant)
            if sum(endpoint.enabled for endpoint in found) >= MOST_ENDPOINTS:
                raise _wrong_state(f"A merchant has at most {MOST_ENDPOINTS} endpoints: delete one first.")
            endpoint = Endpoint(
                id=endpoint_id(self.attempts.letters, moment),
                merchant=call.merchant,
                url=wanted.url,
                events=wanted.events,
                secrets=(Secret(value=new_secret(self.random_bytes)),),
                created=rfc3339(moment),
            )
            return endpoint, Answer(201, json_text.write(endpoint.revealed(moment)))

        return self._once(call, make)

    def rotate(self, call: Call, endpoint_id: str, overlap: int) -> Completed:
        """A new secret; those before it sign for `overlap` seconds more."""

        def make(moment: datetime) -> Made:
            endpoint = self.own_endpoint(call.merchant, endpoint_id)
            if not endpoint.enabled:
                raise _wrong_state("The endpoint is disabled: create another one.")
            after = endpoint.rotated(new_secret(self.random_bytes), moment, overlap)
            if len(after.secrets) > MOST_SECRETS:
                raise _wrong_state(
                    f"{MOST_SECRETS} secrets are in force: wait for one to end, or rotate with "
                    "overlap_seconds 0."
                )
            return after, Answer(200, json_text.write(after.revealed(moment)))

        return self._once(call, make)

    def redeliver(self, call: Call, delivery_id: str) -> Completed:
        """Send again, from the beginning, what succeeded or failed."""

        def make(moment: datetime) -> Made:
            delivery = self._own_delivery(call.merchant, delivery_id)
            if delivery.status is DeliveryStatus.PENDING:
                raise _wrong_state("The delivery is still being tried.")
            endpoint = self.webhooks.endpoint(call.merchant, delivery.endpoint)
            if endpoint is None or not endpoint.enabled:
                raise _wrong_state("The endpoint of the delivery is disabled.")
            after = delivery.again(epoch(moment))
            return after, Answer(202, json_text.write(after.view()))

        return self._once(call, make)

    def disable(self, merchant: str, endpoint_id: str) -> Endpoint:
        """Nothing is sent any more; the same again changes nothing."""
        endpoint = self.own_endpoint(merchant, endpoint_id)
        if not endpoint.enabled:
            return endpoint
        after = endpoint.disabled(self.attempts.clock())
        # Who was in the way may have rotated its secret or disabled it too: the next one will see.
        return after if self.webhooks.put(after) else self.disable(merchant, endpoint_id)

    def own_endpoint(self, merchant: str, endpoint_id: str) -> Endpoint:
        """Another merchant's is as unknown as one that never was."""
        known = ENDPOINT_ID.fullmatch(endpoint_id)
        endpoint = self.webhooks.endpoint(merchant, endpoint_id) if known else None
        if endpoint is None:
            raise Problem("not_found", "There is no webhook endpoint with this id.", param="id")
        return endpoint

    def _own_delivery(self, merchant: str, delivery_id: str) -> Delivery:
        delivery = self.webhooks.delivery(delivery_id) if DELIVERY_ID.fullmatch(delivery_id) else None
        if delivery is None or delivery.merchant != merchant:
            raise Problem("not_found", "There is no webhook delivery with this id.", param="id")
        return delivery

    def _once(self, call: Call, make: Callable[[datetime], Made]) -> Completed:
        moment = self.attempts.clock()
        now = epoch(moment)
        held = self.attempts.store.record(call.merchant, call.digest)
        # TTL deletes late, so a record that should be gone counts as gone.
        if held is None or held.expires_at <= now:
            changed, answer = make(moment)
            record = self.attempts.record(call, "", moment).done(answer)
            held = self.webhooks.keep(changed, record, now)
            if held is None:
                return Completed(answer, False, "")
        resolve(held, call.fingerprint, now)
        return yield_to(held)


def _wrong_state(detail: str) -> Problem:
    return Problem("webhook_state", detail)
