"""HTTP transport of Stripe's SDK: the urllib3 of boto3, one attempt, with a time limit."""

from collections.abc import Mapping
from typing import Any

import stripe
import urllib3

CONNECT, READ = 2.0, 10.0  # seconds; a charge is two requests, and API Gateway waits 29


class NeverSent(stripe.APIConnectionError):
    """Reports that no connection was made, so that Stripe received nothing."""


class Transport(stripe.HTTPClient):
    """Sends each request once; the caller decides about retries."""

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
        """Sends a request. Raises NeverSent or APIConnectionError."""
        try:
            answer = self._pool.request(method.upper(), url, body=post_data, headers=headers)
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as failure:
            raise NeverSent(type(failure).__name__) from None  # type: ignore[no-untyped-call]
        except urllib3.exceptions.HTTPError as failure:
            raise stripe.APIConnectionError(type(failure).__name__) from None  # type: ignore[no-untyped-call]
        return answer.data.decode(), answer.status, {k.lower(): v for k, v in answer.headers.items()}

    def close(self) -> None:
        self._pool.clear()
