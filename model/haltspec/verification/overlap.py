"""Two clients at once: is whatever they record of the reference model explained by some order of their calls?

One job. The first client makes it (again) and reads it, the second makes it (again) and gives it orders, or deletes it
where it takes none; a call is sent, takes effect, and is answered, and the answer may be lost; in between the other
client and the service do as they like. Beside every state of the two, an observer who sees only when calls are sent and
answered keeps the *configurations* that explain what was seen: a state of the lifecycle, and the calls under way that
have taken effect in it, with their results (Wing and Gong 1993, Lowe 2017). A call that is answered leaves those in
which it took effect with that answer. If none is left, what the clients recorded is impossible: the reference model
breaks the lifecycle in a way that single steps do not show. All states of this are visited.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from haltspec.lts import ABSENT, ANY_ERROR, Call, Role
from haltspec.verification.invariants import Shown, agree, told
from haltspec.verification.menu import Ask
from haltspec.verification.worlds import Broken, Explorer

_NOTHING: Final = 0
RULE: Final = "two clients' calls are explained by some order of them"


class Result(NamedTuple):
    """What a call answered: the error code (None: a success), and the status shown (empty: any)."""

    error: str | None
    shown: Shown

    def fits(self, seen: Result) -> bool:
        """True if a row that gives this result explains an answer that was seen."""
        if self.error is not None or seen.error is not None:
            return self.error is not None and self.error in (seen.error, ANY_ERROR)
        return agree(seen.shown, tuple(value or "" for value in self.shown))

    def __str__(self) -> str:
        return self.error or (told(self.shown) if any(self.shown) else "ok")


class Pending(NamedTuple):
    """A call under way: what it asks, and its result once it has taken effect."""

    name: str
    result: Result | None = None


Config = tuple[str, Result | None, Result | None]
"""A state, and the results of the two calls under way as far as they have taken effect in it."""


Clients = tuple[Pending | None, Pending | None]
"""What each client waits for."""


class Node(NamedTuple):
    """A state of everything: the world's number, the clients, and the number of what the observer thinks possible."""

    world: int
    clients: Clients
    known: int


@dataclass(frozen=True, slots=True)
class Overlapped:
    """What was found: how many states and transitions, whether all were visited, what broke."""

    states: int
    transitions: int
    complete: bool
    broken: tuple[Broken, ...]


class Overlap:
    """Explores two clients on the worlds of an explorer that has run.

    Args:
        explorer: a scenario of one job.
        limit: how many states at most.
    """

    def __init__(self, explorer: Explorer, *, limit: int = 20_000) -> None:
        self.explorer = explorer
        self.limit = limit
        self.lifecycle = explorer.api.lifecycle(explorer.scenario.lifecycles[0])
        self._graph = explorer.rules.graphs[self.lifecycle.name]
        orders = any(operation.role is Role.ORDER for operation in self.lifecycle.operations)
        self._roles = (Role.READ, Role.ORDER if orders else Role.DELETE)
        self._can_vanish = any(operation.role is Role.DELETE for operation in self.lifecycle.operations)
        self._asks: dict[str, Ask] = {}
        self._menus: dict[int, dict[str, Ask]] = {}
        self._effects: dict[tuple[int, str], tuple[tuple[Result, int], ...]] = {}
        self._results: dict[tuple[str, str], tuple[tuple[Result, str], ...]] = {}
        self._sets: list[frozenset[Config]] = [frozenset()]
        self._numbers: dict[frozenset[Config], int] = {frozenset(): _NOTHING}
        self._hopes: dict[tuple[int, tuple[str, str]], int] = {}
        self._learnt: dict[tuple[int, str, str, int, Result | None], int] = {}

    def run(self) -> Overlapped:
        """Visit every state; stop at the first that nothing explains."""
        start = self._start()
        into: dict[Node, tuple[Node, str] | None] = {start: None}
        todo, tried = deque([start]), 0
        while todo and len(into) <= self.limit:
            node = todo.popleft()
            for text, target in self._moves(node):
                tried += 1
                if target.known == _NOTHING:
                    path = (*_path(into, node), text)
                    message = f"{text}: nothing that went before explains it"
                    return Overlapped(len(into), tried, False, (Broken(RULE, message, path),))
                if target not in into:
                    into[target] = (node, text)
                    todo.append(target)
        return Overlapped(len(into), tried, not todo, ())

    def _start(self) -> Node:
        """The empty world if a token can make the job; else the first world with a job."""
        worlds = self.explorer.worlds
        numbers = (n for n, w in enumerate(worlds) if any(k.lifecycle == self.lifecycle.name for k in w.jobs))
        number = 0 if any(ask.role is Role.CREATE for ask in self._menu(0).values()) else next(numbers)
        return Node(number, (None, None), self._number(self._close({(self._state(number), None, None)}, "", "")))

    def _state(self, number: int) -> str:
        jobs = self.explorer.worlds[number].jobs
        return next((seen.state for key, seen in jobs.items() if key.lifecycle == self.lifecycle.name), ABSENT)

    def _is_over(self, number: int) -> bool:
        """True if the job was there and is gone: what is made then would be another."""
        return bool(self.explorer.worlds[number].memory.numbers) and self._state(number) == ABSENT

    def _menu(self, number: int) -> dict[str, Ask]:
        """The calls a client can make in a world: with the token, or on the job."""
        if number not in self._menus:
            world = self.explorer.worlds[number]
            found: dict[str, Ask] = {}
            for ask in () if self._is_over(number) else self.explorer.menu.asks(world.reference, world.memory):
                own = ask.binding.lifecycle == self.lifecycle.name and ask.tenant == self.explorer.scenario.tenants[0]
                on_job = ask.subject is not None and not ask.aside and ask.role in self._roles
                if own and (on_job or (ask.role is Role.CREATE and ask.has_token)):
                    found.setdefault(ask.operation, ask)  # the plain one comes first
            self._asks.update(found)
            self._menus[number] = found
        return self._menus[number]

    def _effect(self, number: int, name: str) -> tuple[tuple[Result, int], ...]:
        """What a call answers in a world, and where it leads; by then the job may be gone."""
        key = number, name
        if key not in self._effects:
            ask = self._menu(number).get(name) or replace(self._asks[name], subject=None)
            self._effects[key] = tuple((Result(*step.result()), n) for step, n in self.explorer.attempt(number, ask))
        return self._effects[key]

    # ---- moves ------------------------------------------------------------------------------------------------------

    def _moves(self, node: Node) -> Iterator[tuple[str, Node]]:
        for place in (0, 1):
            pending = node.clients[place]
            if pending is None:
                yield from self._send(node, place)
                continue
            if pending.result is None:
                yield from self._take_effect(node, place, pending)
            else:
                known = self._learn(node, place, pending.result)
                text = f"{pending.name} of client {place + 1} is answered {pending.result}"
                yield text, Node(node.world, _put(node.clients, place, None), known)
            if self._asks[pending.name].role is not Role.READ:  # an unanswered read tells nothing
                text = f"the answer to {pending.name} of client {place + 1} is lost"
                yield text, Node(node.world, _put(node.clients, place, None), self._learn(node, place, None))
        for text, target in self.explorer.service_moves(node.world):
            yield text, node._replace(world=target)

    def _send(self, node: Node, place: int) -> Iterator[tuple[str, Node]]:
        for name, ask in self._menu(node.world).items():
            if ask.role is Role.CREATE or (ask.role is Role.READ) == (place == 0):
                clients = _put(node.clients, place, Pending(name))
                known = self._hope(node.known, _names(clients))
                yield f"client {place + 1} sends {name}", Node(node.world, clients, known)

    def _take_effect(self, node: Node, place: int, pending: Pending) -> Iterator[tuple[str, Node]]:
        for result, target in self._effect(node.world, pending.name):
            clients = _put(node.clients, place, Pending(pending.name, result))
            yield f"{pending.name} of client {place + 1} takes effect", Node(target, clients, node.known)

    # ---- what explains it -------------------------------------------------------------------------------------------

    def _learn(self, node: Node, place: int, seen: Result | None) -> int:
        """What is possible once a call got the answer `seen`, or none: then it took effect or never will."""
        names = _names(_put(node.clients, place, None))
        key = node.known, *names, place, seen
        if key not in self._learnt:
            kept = set()
            for config in self._sets[node.known]:
                result = config[1] if place == 0 else config[2]
                if seen is None or (result is not None and result.fits(seen)):
                    kept.add((config[0], None, config[2]) if place == 0 else (config[0], config[1], None))
            self._learnt[key] = self._number(self._close(kept, *names))
        return self._learnt[key]

    def _hope(self, known: int, names: tuple[str, str]) -> int:
        """What is possible once another call is under way."""
        key = known, names
        if key not in self._hopes:
            self._hopes[key] = self._number(self._close(self._sets[known], *names))
        return self._hopes[key]

    def _number(self, configs: frozenset[Config]) -> int:
        number = self._numbers.setdefault(configs, len(self._sets))
        if number == len(self._sets):
            self._sets.append(configs)
        return number

    def _close(self, configs: Iterable[Config], first: str, second: str) -> frozenset[Config]:
        """All that may have happened meanwhile: moves of the service, and calls under way that take effect."""
        seen = set(configs)
        todo = list(seen)
        while todo:
            state, one, two = todo.pop()
            onward: list[Config] = [(edge.target, one, two) for edge in self._graph.out[state] if edge.is_internal]
            if first and one is None:
                onward += [(target, result, two) for result, target in self._rows(first, state)]
            if second and two is None:
                onward += [(target, one, result) for result, target in self._rows(second, state)]
            fresh = set(onward) - seen
            seen |= fresh
            todo.extend(fresh)
        return frozenset(seen)

    def _rows(self, name: str, state: str) -> tuple[tuple[Result, str], ...]:
        """What the lifecycle lets a call answer in a state, and where it leads."""
        key = name, state
        if key not in self._results:
            ask = self._asks[name]
            operation = self.lifecycle.operation(ask.binding.role)
            contextual = next((c.name for c in operation.classes if c.contextual), None)
            repeats = ask.role is Role.CREATE and state != ABSENT and contextual is not None
            cls = contextual if repeats and contextual else operation.class_of(ask.request)
            found: list[tuple[Result, str]] = []
            for row in self.explorer.rules.rows(ask.binding, state, cls):
                target = row.target_from(state)
                assert isinstance(row.label, Call)
                shows = row.label.reply.shows
                result = Result(
                    row.label.reply.error, shows if shows is not None else self.lifecycle.state(target).shows
                )
                found.append((result, target))
            if ask.role is Role.CREATE and state == ABSENT and self._can_vanish:
                found.append((Result(ANY_ERROR, ()), ABSENT))  # the token of a job that is gone may be refused
            self._results[key] = tuple(found)
        return self._results[key]


def _put(clients: Clients, place: int, pending: Pending | None) -> Clients:
    return (pending, clients[1]) if place == 0 else (clients[0], pending)


def _names(clients: Clients) -> tuple[str, str]:
    first, second = clients
    return first.name if first is not None else "", second.name if second is not None else ""


def _path(into: dict[Node, tuple[Node, str] | None], node: Node) -> tuple[str, ...]:
    back = []
    step = into[node]
    while step is not None:
        back.append(step[1])
        step = into[step[0]]
    return tuple(reversed(back))
