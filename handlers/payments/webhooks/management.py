"""Management of webhook endpoints and deliveries, each request executed once for its Idempotency-Key."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from payments.api.idempotency import Answer, Completed, IdempotentRequest, answer_as_winner, resolve
from payments.executor import RequestExecutor
from payments.formats import DELIVERY_ID, ENDPOINT_ID, endpoint_id, epoch, rfc3339, to_json
from payments.ports import every_item
from payments.problems import Problem, invalid_param, read_own
from payments.webhooks.delivery import Delivery, DeliveryStatus
from payments.webhooks.destination import Refused
from payments.webhooks.endpoint import MAX_SECRETS, Endpoint, Secret
from payments.webhooks.signature import new_secret
from payments.webhooks.store import WebhookStore
from payments.webhooks.validation import NewEndpoint

MAX_ENDPOINTS = 16  # enabled ones of a merchant: each event is sent to all that subscribe to it

_wrong_state = partial(Problem, "webhook_state")

type Written = tuple[Endpoint | Delivery, Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoints:
    """Manages webhook endpoints and deliveries with one read and one write for each request.

    `check` resolves the URL of a new endpoint and raises Refused if webhooks may not be sent there.
    """

    executor: RequestExecutor
    store: WebhookStore
    check: Callable[[str], object]
    random_bytes: Callable[[int], bytes]

    def create(self, request: IdempotentRequest, wanted: NewEndpoint) -> Completed:
        """Creates an endpoint; the answer contains its secret."""

        def change(moment: datetime) -> Written:
            try:
                self.check(wanted.url)
            except Refused as refusal:
                raise invalid_param("url", str(refusal)) from None
            found = every_item(partial(self.store.endpoints, request.merchant))
            if sum(endpoint.enabled for endpoint in found) >= MAX_ENDPOINTS:
                raise _wrong_state(f"A merchant has at most {MAX_ENDPOINTS} endpoints: delete one first.")
            endpoint = Endpoint(
                id=endpoint_id(self.executor.id_generator, moment),
                merchant=request.merchant,
                url=wanted.url,
                events=wanted.events,
                secrets=(Secret(value=new_secret(self.random_bytes)),),
                created=rfc3339(moment),
            )
            return endpoint, Answer(201, to_json(endpoint.view_with_secret(moment)))

        return self._once(request, change)

    def rotate(self, request: IdempotentRequest, endpoint_id: str, overlap: int) -> Completed:
        """Rotates an endpoint's secret; older ones sign for `overlap` more seconds."""

        def change(moment: datetime) -> Written:
            endpoint = self.own_endpoint(request.merchant, endpoint_id)
            if not endpoint.enabled:
                raise _wrong_state("The endpoint is disabled: create another one.")
            after = endpoint.rotated(new_secret(self.random_bytes), moment, overlap)
            if len(after.secrets) > MAX_SECRETS:
                raise _wrong_state(
                    f"{MAX_SECRETS} secrets are in force: wait until one expires, or rotate with "
                    "overlap_seconds 0."
                )
            return after, Answer(200, to_json(after.view_with_secret(moment)))

        return self._once(request, change)

    def redeliver(self, request: IdempotentRequest, delivery_id: str) -> Completed:
        """Restarts a delivery that has succeeded or failed."""

        def change(moment: datetime) -> Written:
            read, merchant = self.store.delivery, request.merchant
            delivery = read_own("webhook delivery", DELIVERY_ID, read, delivery_id, merchant)
            if delivery.status is DeliveryStatus.PENDING:
                raise _wrong_state("The delivery is still pending.")
            endpoint = self.store.endpoint(request.merchant, delivery.endpoint)
            if endpoint is None or not endpoint.enabled:
                raise _wrong_state("The endpoint of the delivery is disabled.")
            after = delivery.restarted(epoch(moment))
            return after, Answer(202, to_json(after.view()))

        return self._once(request, change)

    def disable(self, merchant: str, endpoint_id: str) -> Endpoint:
        """Disables an endpoint; a repetition changes nothing."""
        endpoint = self.own_endpoint(merchant, endpoint_id)
        if not endpoint.enabled:
            return endpoint
        after = endpoint.disabled(self.executor.clock())
        # Another process may have rotated its secret or disabled it: read it again.
        return after if self.store.put(after) else self.disable(merchant, endpoint_id)

    def own_endpoint(self, merchant: str, endpoint_id: str) -> Endpoint:
        """Returns an endpoint of the merchant. Raises Problem."""
        read = partial(self.store.endpoint, merchant)
        return read_own("webhook endpoint", ENDPOINT_ID, read, endpoint_id, merchant)

    def _once(self, request: IdempotentRequest, change: Callable[[datetime], Written]) -> Completed:
        moment = self.executor.clock()
        now = epoch(moment)
        existing_record = self.executor.store.record(request.merchant, request.digest)
        # TTL deletes late, so an expired record counts as deleted.
        if existing_record is None or existing_record.expires_at <= now:
            changed, answer = change(moment)
            record = self.executor.new_record(request, "", moment).finished(answer)
            existing_record = self.store.put_once(changed, record, now)
            if existing_record is None:
                return Completed(answer, False, "")
        resolve(existing_record, request.fingerprint, now)
        return answer_as_winner(existing_record)
