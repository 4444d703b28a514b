"""A request that an SDK repeats because its answer was lost is answered again, not done again."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

type Message = dict[str, Any]
type Send = Callable[[Message], Awaitable[None]]
type App = Callable[[dict[str, Any], Callable[[], Awaitable[Message]], Send], Awaitable[None]]

REMEMBERED = 2000  # answers; an SDK repeats within seconds
READS = ("GET", "HEAD")


class Repetitions:
    """Remembers answers to changes by the SDK's invocation id, which all attempts of one call share.

    With many requests at a time the server loses an answer now and then (2 of 1,200 PutParameter, 60 at a
    time). The SDK's next attempt then met what the first had made: "already exists", "locked by yourself".
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._answers: OrderedDict[bytes, asyncio.Future[list[Message]]] = OrderedDict()

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[[], Awaitable[Message]], send: Send
    ) -> None:
        call = dict(scope.get("headers", ())).get(b"amz-sdk-invocation-id")
        if call is None or scope["method"] in READS:
            await self._app(scope, receive, send)
            return
        known = self._answers.get(call)
        if known:
            for message in await asyncio.shield(known):
                await send(message)
            return
        await self._first(call, scope, receive, send)

    async def _first(
        self, call: bytes, scope: dict[str, Any], receive: Callable[[], Awaitable[Message]], send: Send
    ) -> None:
        answer: asyncio.Future[list[Message]] = asyncio.get_running_loop().create_future()
        said: list[Message] = []
        self._answers[call] = answer
        while len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)

        async def note(message: Message) -> None:
            said.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self._keep(call, answer, said)
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            if not answer.done():  # it broke before it answered: the next attempt does it
                self._answers.pop(call, None)
                answer.set_result(said)

    def _keep(self, call: bytes, answer: asyncio.Future[list[Message]], said: list[Message]) -> None:
        if said[0].get("status", 500) >= 500:  # what failed or was throttled is worth another try
            self._answers.pop(call, None)
        answer.set_result(said)
