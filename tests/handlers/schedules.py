"""Random schedules of concurrent requests and sweeps, and the rules that hold at the end of each.

A schedule is decided by its number alone. Its tasks are clients, each of which sends one request again and
again with one Idempotency-Key, and sweepers. One task runs at a time; before every call to the store or the
gateway, any of them may go on. Calls fail by chance: the gateway is busy, or does not answer in time before
or after it has moved the money; the store does not answer; the process crashes; a function stalls, and
functions whose time is over are killed. Then all faults end, clients repeat what has no answer yet, and the
sweeper settles the rest.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from random import Random
from string import ascii_lowercase
from threading import Lock
from typing import Any, cast

from payments.api.idempotency import RETENTION_SECONDS
from payments.changes import AUTHORIZED_FOR
from payments.formats import epoch
from payments.ledger import Account, balance
from payments.payment import Approved, Declined, Done, Payment, Unknown
from payments.ports import NOT_CHARGED, Busy, Gateway, Movement, Order, Store, Unavailable
from tests.handlers.support import LEASE, LONGEST_ATTEMPT, Killed, MemoryStore, Time, World, post, post_to

MOST_TASKS = 8
AMOUNT = 1000  # of the payment that is there before the schedule begins
MERCHANT = "acme"
# Seconds; the last leaves a function hardly any, which is when its lease must not be over yet.
STALLS = (0.3, 10, LEASE, 600, *[LONGEST_ATTEMPT - 0.001] * 3)
_STAYS = 0.4  # of pauses end with the same task
_ENDED = {200, 201, 402}  # the statuses of stored answers
_WRITES = {"claim", "replace", "write"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """Represents the probability of each fault: per step, per store call or per gateway call."""

    stall: float = 0.1
    crash: float = 0.03
    store_fails: float = 0.03
    busy: float = 0.4
    not_reached: float = 0.1
    answer_lost: float = 0.1
    declined: float = 0.1

    def some(self, random: Random) -> "Chances":
        """Returns these chances with each fault left out half of the time.

        Faults hide each other: a function that crashes early shows nothing of what a late answer does.
        """
        return Chances(**{name: chance * random.randrange(2) for name, chance in asdict(self).items()})


class Scheduler:
    """Runs tasks in threads, one at a time; at each pause, chance decides which one goes on."""

    def __init__(self, random: Random, pool: ThreadPoolExecutor) -> None:
        self._random, self._pool = random, pool
        self._paused: list[Lock] = []
        self._running = self._ended = _closed()

    def run(self, tasks: Sequence[Callable[[], object]]) -> None:
        """Runs all tasks to their ends. Raises the exception of the first task that has raised one."""
        if len(tasks) > MOST_TASKS:
            raise ValueError(f"at most {MOST_TASKS} tasks can run together")
        self._ended = _closed()
        self._paused = [_closed() for _ in tasks]
        running = [
            self._pool.submit(self._task, gate, task)
            for gate, task in zip(list(self._paused), tasks, strict=True)
        ]
        self._next()
        self._ended.acquire()
        for each in running:
            each.result()

    def pause(self) -> None:
        """Runs other tasks before the caller continues."""
        if not self._paused or self._random.random() < _STAYS:
            return
        mine, place = self._running, self._random.randrange(len(self._paused))
        self._running, self._paused[place] = self._paused[place], mine
        self._running.release()
        mine.acquire()

    def _task(self, gate: Lock, task: Callable[[], object]) -> None:
        gate.acquire()
        try:
            task()
        finally:
            self._next()

    def _next(self) -> None:
        if not self._paused:
            self._ended.release()
            return
        self._running = self._paused.pop(self._random.randrange(len(self._paused)))
        self._running.release()


@dataclass
class Charge:
    """Represents a charge at the gateway, in minor units."""

    amount: int
    capturable: int = 0
    captured: int = 0
    refunded: int = 0


@dataclass
class RememberingGateway:
    """Executes each key once, repeats its answer, and declines amounts above the charge.

    `fault` gives the answer that takes the place of the real one, and whether the money moves all the same.
    """

    fault: Callable[[], tuple[Busy | Unknown | Declined | None, bool]]
    charges: dict[str, Charge] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    moved: list[tuple[str, int]] = field(default_factory=list)

    def charge(self, order: Order) -> Any:
        return self._once(order.idempotency_key, lambda: self._charge(order))

    def find(self, order: Order) -> Any:
        answer, _ = self.fault()
        if isinstance(answer, Busy | Unknown):
            return answer
        return self.answers.get(order.idempotency_key, NOT_CHARGED)

    def capture(self, movement: Movement) -> Any:
        return self._once(movement.idempotency_key, lambda: self._capture(movement))

    def cancel(self, movement: Movement) -> Any:
        # Never declined by chance: the expiry takes a refusal to mean that the authorization has lapsed.
        return self._once(movement.idempotency_key, lambda: self._cancel(movement), declines=False)

    def refund(self, movement: Movement) -> Any:
        return self._once(movement.idempotency_key, lambda: self._refund(movement))

    def _once(self, key: str, make: Callable[[], Any], *, declines: bool = True) -> Any:
        answer, reached = self.fault()
        if not reached:
            return answer
        if key not in self.answers:
            declined = declines and isinstance(answer, Declined)
            self.answers[key] = answer if declined else make()
        return answer if isinstance(answer, Unknown) else self.answers[key]

    def _charge(self, order: Order) -> Approved:
        name = f"ch_{order.idempotency_key}"
        authorized, taken = (0, order.amount) if order.capture else (order.amount, 0)
        self.charges[name] = Charge(order.amount, capturable=authorized, captured=taken)
        self.moved.append(("create", order.amount))
        return Approved(name)

    def _capture(self, movement: Movement) -> Done | Declined:
        charge = self.charges[movement.charge]
        if movement.amount > charge.capturable:
            return Declined("charge_state", "More than is authorized.")
        charge.captured += movement.amount
        charge.capturable = 0 if movement.final else charge.capturable - movement.amount
        self.moved.append(("capture", movement.amount))
        return Done()

    def _cancel(self, movement: Movement) -> Done | Declined:
        charge = self.charges[movement.charge]
        if movement.amount != charge.capturable:
            return Declined("charge_state", "Not what is authorized.")
        charge.capturable = 0
        return Done()

    def _refund(self, movement: Movement) -> Done | Declined:
        charge = self.charges[movement.charge]
        if movement.amount > charge.captured - charge.refunded:
            return Declined("charge_state", "More than is captured.")
        charge.refunded += movement.amount
        self.moved.append(("refunds", movement.amount))
        return Done()


@dataclass(frozen=True, slots=True)
class Request:
    """Represents a request that its client repeats unchanged; its amount is unique."""

    verb: str
    key: str
    amount: int
    final: bool = True
    payment: str = ""

    def event(self) -> dict[str, Any]:
        """Returns what API Gateway sends to the function."""
        bodies: Mapping[str, Mapping[str, object]] = {
            "create": {
                "amount": self.amount,
                "currency": "EUR",
                "payment_method": "pm_approved",
                "capture_method": "automatic" if self.final else "manual",
            },
            "capture": {"amount": self.amount, "final": self.final},
            "cancel": {},
            "refunds": {"amount": self.amount},
        }
        if self.verb == "create":
            return post(bodies["create"], self.key, merchant=MERCHANT)
        return post_to(self.verb, self.payment, bodies[self.verb], self.key, merchant=MERCHANT)


@dataclass
class Port:
    """Makes each call of a port a step of the schedule."""

    behind: Any
    call: Callable[[str, Callable[[], Any]], Any]

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **named: self.call(
            name, partial(getattr(self.behind, name), *arguments, **named)
        )


class Schedule:
    """Represents one schedule: `play` runs it, `violations` returns the rules that it breaks."""

    def __init__(
        self,
        number: int,
        pool: ThreadPoolExecutor,
        store: MemoryStore | None = None,
        chances: Chances | None = None,
    ) -> None:
        self.random = Random(number)
        self.chances = (chances or Chances()).some(self.random)
        fraction = timedelta(microseconds=self.random.randrange(1_000_000))
        self.time = Time(datetime(2026, 3, 1, 12, tzinfo=UTC) + fraction)
        self.store = store or MemoryStore()
        self.gateway = RememberingGateway(self._gateway_fault)
        self.scheduler = Scheduler(self.random, pool)
        self.faults, self.stalls = False, self.random.randint(1, 2)
        self.steps: list[str] = []
        self.answers: dict[Request, list[tuple[int, str]]] = {}

    def play(self) -> None:
        """Runs the schedule: a payment is made, the tasks run with faults, and all is settled without."""
        requests = self._requests()
        tasks: list[Callable[[], object]] = [
            partial(self._sweeper, n) for n in range(self.random.randint(1, 2))
        ]
        for number, request in enumerate(requests):
            copies = self.random.randint(2, 3)
            tasks += [partial(self._client, f"client {number}.{copy}", request) for copy in range(copies)]
        self.faults = True
        self.scheduler.run(tasks)
        self.faults = False
        self._settle_all(requests if self.random.random() < 0.5 else [])

    def violations(self) -> list[str]:
        """Returns the rules that are broken, each with what breaks it."""
        return [*self._moved_twice(), *self._differences(), *self._ledger_breaks(), *self._bad_answers()]

    def _requests(self) -> list[Request]:
        """Makes a payment, perhaps one about to lapse, and returns requests that are about it."""
        automatic = self.random.random() < 0.5
        first = Request("create", "first", AMOUNT, final=automatic)
        answer = self._answer("before", first)
        payment = str(json.loads(answer["body"])["id"])
        if not automatic and self.random.random() < 0.2:
            self.time.forward(AUTHORIZED_FOR.total_seconds() - 2 * LEASE)
        verbs = ["refunds"] if automatic else ["capture", "capture", "cancel"]
        return [
            Request(
                self.random.choice([*verbs, "create"]),
                f"key {number}",
                amount=100 + number,
                final=self.random.random() < 0.3,
                payment=payment,
            )
            for number in range(self.random.choice([1, 1, 2]))
        ]

    def _client(self, name: str, request: Request) -> None:
        for _ in range(self.random.randint(1, 3)):
            with suppress(Killed):
                if self._answer(name, request)["statusCode"] in _ENDED:
                    return

    def _sweeper(self, number: int) -> None:
        for _ in range(self.random.randint(2, 6)):
            with suppress(Killed):
                self._sweep(f"sweeper {number}")

    def _answer(self, name: str, request: Request) -> dict[str, Any]:
        answer = self._function(name).application(request.event(), None)
        self.steps.append(f"{name}: {answer['statusCode']}")
        self.answers.setdefault(request, []).append((answer["statusCode"], answer["body"]))
        return answer

    def _sweep(self, name: str) -> None:
        function = self._function(name)
        with suppress(Unavailable):
            for payment in cast(MemoryStore, function.store).due(epoch(self.time()), 100):
                function.settle(payment)

    def _settle_all(self, repeated: Sequence[Request]) -> None:
        """Ends all that is open: clients repeat, and sweeps go on until a day later."""
        for seconds in (LEASE, 3600, 3600, RETENTION_SECONDS):
            self.time.forward(seconds)
            if seconds != RETENTION_SECONDS:  # afterwards a key would be a new one
                for request in repeated:
                    self._answer("repeated", request)
            self._sweep("last sweeper")

    def _function(self, name: str) -> World:
        """Returns a function that starts now; it is killed once its longest time is over."""
        ends = self.time() + timedelta(seconds=LONGEST_ATTEMPT)
        store = Port(self.store, partial(self._store_call, name, ends))
        gateway = Port(self.gateway, partial(self._gateway_call, name, ends))
        return World(
            store=cast(Store, store),
            gateway=cast(Gateway, gateway),
            time=self.time,
            level="ERROR",
            id_generator=self._letters,
        )

    def _letters(self, count: int) -> str:
        return "".join(self.random.choices(ascii_lowercase, k=count))

    def _store_call(self, name: str, ends: datetime, method: str, call: Callable[[], Any]) -> Any:
        self._step(name, method, ends)
        fails = self._happens(self.chances.store_fails)
        if fails and (method not in _WRITES or self.random.random() < 0.5):
            raise Unavailable("not reached")
        result = call()
        if fails:
            raise Unavailable("answer lost")
        return result

    def _gateway_call(self, name: str, ends: datetime, method: str, call: Callable[[], Any]) -> Any:
        self._step(name, f"gateway.{method}", ends)
        result = call()
        self.steps.append(f"{name}: the gateway says {result}")
        return result

    def _step(self, name: str, what: str, ends: datetime) -> None:
        if not self.faults:
            return
        if self.stalls and self._happens(self.chances.stall):
            self._stall(name)
        self.scheduler.pause()
        if self.time() >= ends or self._happens(self.chances.crash):
            self.steps.append(f"{name}: killed before {what}")
            raise Killed
        self.steps.append(f"{name}: {what}")

    def _stall(self, name: str) -> None:
        """Forwards the clock for one task, and runs others first for a while."""
        seconds = self.random.choice(STALLS)
        self.steps.append(f"{name}: stalls for {seconds} s")
        self.time.forward(seconds)
        self.stalls -= 1
        for _ in range(self.random.randrange(MOST_TASKS)):
            self.scheduler.pause()

    def _happens(self, chance: float) -> bool:
        return self.faults and self.random.random() < chance

    def _gateway_fault(self) -> tuple[Busy | Unknown | Declined | None, bool]:
        faults: Sequence[tuple[float, tuple[Busy | Unknown | Declined | None, bool]]] = [
            (self.chances.busy, (Busy(1), False)),
            (self.chances.not_reached, (Unknown(), False)),
            (self.chances.answer_lost, (Unknown(), True)),
            (self.chances.declined, (Declined("declined", "By chance."), True)),
        ]
        drawn = self.random.random() if self.faults else 1.0
        for chance, fault in faults:
            if drawn < chance:
                return fault
            drawn -= chance
        return None, True

    def _moved_twice(self) -> Iterator[str]:
        for (verb, amount), times in Counter(self.gateway.moved).items():
            if times > 1:
                yield f"{verb} of {amount}: asked for once, made {times} times at the gateway"

    def _differences(self) -> Iterator[str]:
        for payment in self.store.payments_by_id.values():
            if payment.pending:
                yield f"{payment.id} still waits for {payment.pending}"
                continue
            # A charge that the payment does not name is looked for under the key of its create.
            charge = self.gateway.charges.get(payment.charge or f"ch_{payment.id}", Charge(0))
            at_gateway = (charge.capturable, charge.captured, charge.refunded)
            if _amounts(payment) != at_gateway:
                yield f"{payment.status} {payment.id}: {_amounts(payment)}, at the gateway {at_gateway}"

    def _ledger_breaks(self) -> Iterator[str]:
        for payment in self.store.payments_by_id.values():
            entries = [entry for entry in self.store.entries if entry.payment == payment.id]
            if sum(posting.amount for entry in entries for posting in entry.postings):
                yield f"{payment.id}: the entries do not sum to zero"
            derived = balance(entries, Account.AUTHORIZED), balance(entries, Account.RECEIVABLE)
            if derived != (payment.amount_capturable, payment.amount_captured - payment.amount_refunded):
                yield f"{payment.id}: the entries make {derived}, not what the payment says"

    def _bad_answers(self) -> Iterator[str]:
        for request, answers in self.answers.items():
            ended = [answer for answer in answers if answer[0] in _ENDED]
            if any(one != other for one, other in pairwise(ended)):
                yield f"{request}: different answers {ended}"
            for status, body in answers:
                if status == 500:
                    yield f"{request}: {body}"


def violations(number: int, pool: ThreadPoolExecutor, store: MemoryStore | None = None) -> str:
    """Returns how a schedule breaks the rules, with its steps; empty when it breaks none."""
    schedule = Schedule(number, pool, store)
    schedule.play()
    broken = schedule.violations()
    return "\n".join([*broken, *(f"  {step}" for step in schedule.steps)]) if broken else ""


def _closed() -> Lock:
    gate = Lock()
    gate.acquire()
    return gate


def _amounts(payment: Payment) -> tuple[int, int, int]:
    return payment.amount_capturable, payment.amount_captured, payment.amount_refunded
