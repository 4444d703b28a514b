"""How Stripe's SDK reaches Stripe: through the urllib3 that boto3 brings, once, within a limit of time."""

from collections.abc import Mapping
from typing import Any

import stripe
import urllib3

CONNECT, READ = 2.0, 10.0  # seconds; a charge is two of these, and API Gateway waits 29


class NeverSent(stripe.APIConnectionError):
    """No connection was made, so nothing was asked."""


class Transport(stripe.HTTPClient):
    """One attempt: what to do after a failure is decided by who knows what was asked."""

    name = "urllib3"

    def __init__(self, read: float = READ) -> None:
        super().__init__()
        timeout = urllib3.Timeout(connect=CONNECT, read=read)
        self._pool = urllib3.PoolManager(timeout=timeout, retries=False)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Raises NeverSent or APIConnectionError."""
        try:
            answer = self._pool.request(method.upper(), url, body=post_data, headers=headers)
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as failure:
            raise NeverSent(type(failure).__name__) from None  # type: ignore[no-untyped-call]
        except urllib3.exceptions.HTTPError as failure:
            raise stripe.APIConnectionError(type(failure).__name__) from None  # type: ignore[no-untyped-call]
        return answer.data.decode(), answer.status, {k.lower(): v for k, v in answer.headers.items()}

    def close(self) -> None:
        self._pool.clear()
