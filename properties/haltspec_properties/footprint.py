"""What the jobs of recordings show, and which of their members data rules look at: rules are watched at work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from haltspec.errors import Misuse
from haltspec.observe import Projection
from haltspec.ruling import broken
from haltspec.spec import Api, Path

_MOST_VALUES: Final = 40


@dataclass(slots=True)
class Footprint:
    """The members of the jobs of one lifecycle, as paths from the job.

    Attributes:
        shown: those that are shown, each with some of its values, no value twice.
        looked_at: those that some data rule looks at, whether they are there or not.
    """

    shown: dict[Path, list[Any]] = field(default_factory=dict)
    looked_at: set[Path] = field(default_factory=set)
    _views: Counter[Path] = field(default_factory=Counter)
    """In how many views each is shown; under the empty path, how many there are."""

    def is_always_shown(self, place: Path) -> bool:
        """True if every view that has the object in which a member can stand has the member."""
        return self._views[place] == self._views[place[:-1]]

    def note(self, job: Mapping[str, Any], above: Path = ()) -> None:
        """Take down a view of a job, or of the part of it at the path `above`."""
        self._views[above] += 1
        for member, value in job.items():
            path = (*above, member)
            values = self.shown.setdefault(path, [])
            if len(values) < _MOST_VALUES and value not in values:
                values.append(value)
            if isinstance(value, Mapping):
                self.note(value, path)
            else:
                self._views[path] += 1


class Spied(dict[str, Any]):
    """A reply, or a part of one, that notes which of its members are looked at."""

    def __init__(self, value: Mapping[str, Any], log: set[Path], path: Path = ()) -> None:
        super().__init__(value)
        self._log = log
        self._path = path

    def __getitem__(self, member: str) -> Any:
        return self._noted(member, super().__getitem__(member))

    def get(self, member: str, default: Any = None) -> Any:
        """As of any object."""
        return self._noted(member, super().get(member, default))

    def __contains__(self, member: object) -> bool:
        self._noted(str(member), None)
        return super().__contains__(member)

    def items(self) -> Any:
        """As of any object, all at once."""
        return [(member, self._noted(member, value)) for member, value in super().items()]

    def _noted(self, member: str, value: Any) -> Any:
        path = (*self._path, member)
        self._log.add(path)
        return Spied(value, self._log, path) if isinstance(value, Mapping) else value


def footprints(api: Api, projections: Iterable[Projection]) -> dict[str, Footprint]:
    """The footprint of each lifecycle in projected recordings."""
    found = {lifecycle.name: Footprint() for lifecycle in api.lifecycles}
    for projection in projections:
        for key, sight, _ in projection.sights:
            found[key.lifecycle].note(sight.job)
        _spy(projection, found)
    return found


def _spy(projection: Projection, found: Mapping[str, Footprint]) -> None:
    """Let the data rules look at a recording, and note at what."""
    replies: list[set[Path]] = [set() for _ in projection.exchanges]
    exchanges = (
        replace(
            exchange,
            reply=None if exchange.reply is None else Spied(exchange.reply, log),
            items=tuple(Spied(item, found[exchange.binding.lifecycle].looked_at) for item in exchange.items),
        )
        for exchange, log in zip(projection.exchanges, replies, strict=True)
    )
    sights = (
        (key, replace(sight, job=Spied(sight.job, found[key.lifecycle].looked_at)), call)
        for key, sight, call in projection.sights
    )
    for wrong in broken(replace(projection, exchanges=tuple(exchanges), sights=tuple(sights))):
        raise Misuse(f"a right recording breaks {wrong.name}: {wrong.wrong}", "find out who is right before looking on")
    for exchange, log in zip(projection.exchanges, replies, strict=True):
        view = exchange.binding.view
        if view is not None:
            inner = (path[len(view) :] for path in log if path[: len(view)] == view)
            found[exchange.binding.lifecycle].looked_at.update(path for path in inner if path)
