"""Responses that API Gateway sends itself, as problem documents (RFC 9457)."""

import json
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemResponse:
    """Represents one response: status, code, title, detail, the wrong parameter, and more headers."""

    status: int
    code: str
    title: str
    detail: str
    param: str | None = None
    more: dict[str, str] = field(default_factory=dict)

    def body_template(self, type_prefix: str) -> str:
        """Returns the body, in which API Gateway replaces the variables.

        It contains no message of API Gateway: some repeat the caller's input, which may be a card number or a
        key.
        """
        problem = {
            "type": f"{type_prefix}{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": "urn:uuid:$context.requestId",
            "code": self.code,
            "request_id": "$context.requestId",
        }
        return json.dumps(problem | ({"param": self.param} if self.param else {}))

    @property
    def headers(self) -> dict[str, str]:
        """Returns response parameters of API Gateway, with static values in single quotes."""
        static = {"Content-Type": "application/problem+json", "Cache-Control": "no-store", **self.more}
        headers = {name: f"'{value}'" for name, value in static.items()} | {
            "X-Request-Id": "context.requestId"
        }
        return {f"gatewayresponse.header.{name}": value for name, value in headers.items()}
