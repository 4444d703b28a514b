"""One request from event to answer: whatever happens, it ends in an answer with an X-Request-Id."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from payment_processor import messages
from payment_processor.messages import Reply, Request
from payment_processor.routes import ROUTES
from payment_processor.services import Services
from payments.logs import Log
from payments.measured import counting_breaks
from payments.metrics import Metrics
from payments.problems import Problem
from payments.store import Unavailable


@dataclass(frozen=True, slots=True)
class Application:
    """The function's handler."""

    services: Services
    log: Log
    metrics: Metrics

    def __call__(self, event: Mapping[str, Any], context: object) -> dict[str, Any]:
        """Answer one event of API Gateway."""
        started = time.perf_counter()
        request = messages.read(event)
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
        return messages.write(reply, request.request_id)

    def _reply(self, request: Request) -> Reply:
        try:
            return counting_breaks(self.metrics, self._answer)(request)
        except Problem as problem:
            answer = problem
        except Unavailable as cause:
            self.log.error("store unavailable", cause, request_id=request.request_id)
            answer = Problem("unavailable", "Repeat the request with the same key.", retry_after=1)
        except Exception as bug:
            self.log.error("unexpected", bug, request_id=request.request_id)
            answer = Problem("internal_error", "Repeat the request with the same key, or quote its id to us.")
        return messages.problem_reply(answer, request.request_id)

    def _answer(self, request: Request) -> Reply:
        messages.refuse(request)
        route = ROUTES.get((request.method, request.route))
        if route is None:
            raise Problem("not_found", "There is no such route.")
        if route.scope is not None and not request.merchant:
            raise Problem("unauthorized", "Send a secret key: Authorization: Bearer sk_….")
        if route.scope is not None and route.scope not in request.scopes:
            raise Problem("forbidden", f"The key lacks the scope {route.scope}.")
        return route.answer(self.services, request)
