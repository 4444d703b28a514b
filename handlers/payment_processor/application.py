"""Processing of one request: every failure ends in a reply with an X-Request-Id."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from payment_processor.messages import Reply, Request, problem_reply, read_event, refuse_card_numbers
from payments.api.pagination import Cursors
from payments.executor import RequestExecutor, counting_breaks
from payments.formats import PAYMENT_ID
from payments.payment import Payment
from payments.ports import Lists, Store, Unavailable
from payments.problems import Problem
from payments.telemetry import Log, Metrics
from payments.webhooks.management import WebhookEndpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Provides the services that routes call.

    `cap` is the largest amount of a new payment, in minor units; `loopback` allows webhooks to this machine.
    """

    executor: RequestExecutor
    lists: Lists
    cursors: Cursors
    webhooks: WebhookEndpoints
    cap: int
    loopback: bool = False

    @property
    def store(self) -> Store:
        return self.executor.store

    def own_payment(self, request: Request) -> Payment:
        """Returns the payment of the path. Raises Problem, also for the payment of another merchant."""
        return request.own("payment", PAYMENT_ID, self.store.payment)


@dataclass(frozen=True, slots=True)
class Route:
    """Represents a route: its function and the scope that it requires; None: no credential needed."""

    answer: Callable[[Services, Request], Reply]
    scope: str | None


@dataclass(frozen=True, slots=True)
class Application:
    """Handles events of API Gateway; routes are by method and resource."""

    routes: Mapping[tuple[str, str], Route]
    services: Services
    log: Log
    metrics: Metrics

    def __call__(self, event: Mapping[str, Any], context: object) -> dict[str, Any]:
        started = time.perf_counter()
        request = read_event(event)
        reply = self._reply(request)
        replayed = "Idempotent-Replayed" in reply.headers
        if replayed:
            self.metrics.put("IdempotentReplays", 1, "Count")
        self.log.info(
            "answered",
            request_id=request.request_id,
            merchant=request.merchant,
            route=f"{request.method} {request.route}",
            status=reply.status,
            code=reply.code,
            payment=reply.payment,
            replayed=replayed,
            milliseconds=round((time.perf_counter() - started) * 1000),
        )
        return reply.document(request.request_id)

    def _reply(self, request: Request) -> Reply:
        try:
            return counting_breaks(self.metrics, self._answer)(request)
        except Problem as refusal:
            problem = refusal
        except Unavailable as cause:
            self.log.error("store unavailable", cause, request_id=request.request_id)
            problem = Problem("unavailable", "Repeat the request with the same key.", retry_after=1)
        except Exception as bug:
            self.log.error("unexpected", bug, request_id=request.request_id)
            problem = Problem(
                "internal_error", "Repeat the request with the same key, or report its request id."
            )
        return problem_reply(problem, request.request_id)

    def _answer(self, request: Request) -> Reply:
        refuse_card_numbers(request)
        route = self.routes.get((request.method, request.route))
        if route is None:
            raise Problem("not_found", "There is no such route.")
        if route.scope is not None and not request.merchant:
            raise Problem("unauthorized", "Send a secret key: Authorization: Bearer sk_….")
        if route.scope is not None and route.scope not in request.scopes:
            raise Problem("forbidden", f"The key lacks the scope {route.scope}.")
        return route.answer(self.services, request)
