"""Responses for SDK retries, so that a retry never runs an operation a second time."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

type Message = dict[str, Any]
type Send = Callable[[Message], Awaitable[None]]
type App = Callable[[dict[str, Any], Callable[[], Awaitable[Message]], Send], Awaitable[None]]

CACHED_RESPONSES = 2000  # an SDK retries within seconds
READS = ("GET", "HEAD")


class RetryCache:
    """Caches responses to writes by the SDK's invocation id, which all attempts of one call share.

    Under concurrency the server loses a response now and then (2 of 1,200 PutParameter, 60 at a time).
    Without the cache, the SDK's next attempt fails: "already exists", "locked by yourself".
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._responses: OrderedDict[bytes, asyncio.Future[list[Message]]] = OrderedDict()

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[[], Awaitable[Message]], send: Send
    ) -> None:
        invocation = dict(scope.get("headers", ())).get(b"amz-sdk-invocation-id")
        if invocation is None or scope["method"] in READS:
            await self._app(scope, receive, send)
            return
        if earlier := self._responses.get(invocation):
            for message in await asyncio.shield(earlier):
                await send(message)
            return
        response: asyncio.Future[list[Message]] = asyncio.get_running_loop().create_future()
        messages: list[Message] = []
        self._responses[invocation] = response
        while len(self._responses) > CACHED_RESPONSES:
            self._responses.popitem(last=False)

        async def record(message: Message) -> None:
            messages.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                if messages[0].get("status", 500) >= 500:  # a retry after a server error runs it again
                    self._responses.pop(invocation, None)
                response.set_result(messages)
            await send(message)

        try:
            await self._app(scope, receive, record)
        finally:
            if not response.done():  # the app failed: the next attempt runs the operation
                self._responses.pop(invocation, None)
                response.set_result(messages)
