"""What a reference service needs to know beyond the rows: ids, members, refusals, lists, and how they are worded.

`haltspec.reference.Reference` runs the rows and asks a `Service` for everything that is particular to one API. The
methods below are what most APIs do; a module of this package changes those that differ. A service holds no state of
its own: what it remembers of a job stands in the job's `data`, so that references can be copied and compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from haltspec.errors import Misuse
from haltspec.lts import ABSENT, PLAIN, Request, Transition
from haltspec.spec import Api, Binding, JobKey

if TYPE_CHECKING:
    from haltspec.shapes import Fault, Shapes

_MOST_TOLD: Final = 20
"""No more faults of a request are told."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answers: the HTTP `status`, the decoded body (None: no body), and the error code of a refusal.

    Bodies share their inner parts with the service's memory and are not to be changed.
    """

    status: int
    reply: dict[str, Any] | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """In a request of a story, the value that `member` had in the latest earlier reply of the story that has it."""

    member: str


@dataclass(slots=True, eq=False)
class Job:
    """A job of the reference model.

    Args:
        key: which job it is.
        number: its place in the order of creation, over all tenants, from 1; 0 for a job that does not exist.
        parent: the id of the job or resource it belongs to; empty if there is none.
        state: the state the machine moves.
        data: what the service remembers of it; replaced as a whole (see `put`), never changed in place.
        entered: how many states it has entered; a planned event is void once this has changed.
        tell: is told the job whenever something is remembered of it; None: nobody is.
        weight: about how many characters its data would be as text; 0: nobody asked yet.
    """

    key: JobKey
    number: int = 0
    parent: str = ""
    state: str = ABSENT
    data: Mapping[str, Any] = field(default_factory=dict)
    entered: int = 0
    tell: Callable[[Job], None] | None = field(default=None, repr=False)
    weight: int = field(default=0, repr=False)

    def weigh(self) -> int:
        """Its weight, found out once: what is remembered later is short."""
        if not self.weight:
            self.weight = len(repr(self.data))
        return self.weight

    def put(self, **members: Any) -> None:
        """Remember `members`; those with the value None are forgotten."""
        kept = {**self.data, **members}
        self.data = {name: value for name, value in kept.items() if value is not None}
        if self.tell is not None:
            self.tell(self)

    def copy(self) -> Job:
        """The same job in another world."""
        return Job(self.key, self.number, self.parent, self.state, self.data, self.entered)


class World(Protocol):
    """The reference model, as a service sees it."""

    @property
    def api(self) -> Api:
        """Whose model it is."""
        ...

    @property
    def service(self) -> Service:
        """The service that is asked."""
        ...

    @property
    def now(self) -> float:
        """The time of the event in epoch seconds; it never runs backwards."""
        ...

    @property
    def readings(self) -> Mapping[str, str]:
        """The reading of every open question, by its full name."""
        ...

    def find(self, tenant: str, job_id: str) -> Job | None:
        """The job with this id in the tenant, of whatever kind."""
        ...

    def jobs_of(self, tenant: str, lifecycle: str, kind: str = "", parent: str | None = None) -> Iterable[Job]:
        """The tenant's jobs of a lifecycle, oldest first; only of one kind or parent if given."""
        ...

    def add(self, key: JobKey, data: Mapping[str, Any], *, parent: str = "", role: str = "", cls: str = PLAIN) -> Job:
        """Make a job that no request names (a run's jobs) by the first row that creates one, and return it."""
        ...

    def ask(self, binding: Binding, request: Request, tenant: str) -> Transition | None:
        """Take the row by which a further job that a call names (by another of its bindings) answers that call."""
        ...

    def enabled(self, job: Job) -> tuple[Transition, ...]:
        """The moves the service may make now."""
        ...

    def fire(self, job: Job, what: str | Transition) -> Transition:
        """Make the service's move named by its row or event."""
        ...


class Service:
    """What most APIs do; one instance serves all references of an API.

    Attributes:
        unmodelled: open questions whose reading makes no difference here; choosing another than the default is refused.
        untaken: rows (LIFECYCLE/ROW) that `haltspec verify` does not see taken under the default readings, and why.
        never: those of them that this service takes under no readings, whatever is asked.
        followers: lifecycles whose jobs never move by themselves but as the jobs that belong to them do.
        message_member: the member of an error body that holds the text.
        page: how many items a page has if the request does not say.
        malformed_code, bad_page_code: the errors of a request that breaks its shape, and of a bad page token.
        unknown_operation_code: the error of an operation that does not exist.
        taken_code: the error of a creation whose new id belongs to a job that exists.
        unnamed_code: the error of a refusal whose code no document gives.
        fault_code: the error of a call that no row answers (only a changed set of rows has such calls).
    """

    unmodelled: ClassVar[frozenset[str]] = frozenset()
    untaken: ClassVar[Mapping[str, str]] = {}
    never: ClassVar[frozenset[str]] = frozenset()
    followers: ClassVar[frozenset[str]] = frozenset()
    message_member: ClassVar[str] = "message"
    page: ClassVar[int] = 100
    malformed_code: ClassVar[str] = "ValidationException"
    bad_page_code: ClassVar[str] = "ValidationException"
    unknown_operation_code: ClassVar[str] = "UnknownOperationException"
    taken_code: ClassVar[str] = "ResourceInUseException"
    unnamed_code: ClassVar[str] = "ValidationException"
    fault_code: ClassVar[str] = "InternalServerException"

    # ---- requests --------------------------------------------------------------------------------------------------

    def shapes(self, api: Api) -> Shapes:
        """The shapes requests are checked against."""
        from haltspec import shapes

        return shapes.load(api)

    def malformed(self, world: World, operation: str, faults: Sequence[Fault], request: Request) -> Answer:
        """The answer to a request that breaks its shape."""
        return self.refuse(world, self.malformed_code, "; ".join(map(str, faults[:_MOST_TOLD])))

    def unknown_operation(self, world: World, operation: str) -> Answer:
        """The answer to a call of an operation that the API does not have."""
        return self.refuse(world, self.unknown_operation_code, f"there is no operation {operation}")

    def check(self, world: World, binding: Binding, request: Request, tenant: str) -> Answer | None:
        """A refusal for a reason beyond the shape and before the job is looked up; None if there is none."""
        return None

    def choose(self, world: World, bindings: Sequence[Binding], request: Request, tenant: str) -> Binding:
        """Which of an operation's bindings a request is about: that of the job it names, or else the first."""
        for binding in bindings:
            named = request.get(binding.id_in) if binding.id_in else None
            job = world.find(tenant, named) if isinstance(named, str) else None
            if job is not None and job.key.lifecycle == binding.lifecycle and binding.kind in ("", job.key.kind):
                return binding
        return bindings[0]

    # ---- examples ---------------------------------------------------------------------------------------------------

    def tenants(self, number: int) -> tuple[str, ...]:
        """Tenants of the API that no other number has: one's own, and strangers to it."""
        own, other = f"{100_000_000_001 + 2 * number:012d}", f"{100_000_000_002 + 2 * number:012d}"
        return f"{own}/us-east-1", f"{own}/eu-west-1", f"{other}/us-east-1"

    def prelude(self, tenant: str) -> tuple[tuple[str, dict[str, Any]], ...]:
        """The calls (operation, request) to make first in an empty tenant so that jobs can be created there."""
        return ()

    def example(self, binding: Binding, tenant: str, number: int, made: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """A small valid request of an operation that creates jobs, without a token.

        Args:
            binding: the operation's binding.
            tenant: who asks.
            number: tells examples apart where names have to differ.
            made: the replies to the calls of `prelude`, then what is known of the jobs made since (the replies that
                made them, or how they were last listed), then the same of other tenants.

        Raises:
            Misuse: no example of this operation is known.
        """
        raise Misuse(f"no example of {binding.operation} is known", "write the request by hand")

    def probes(self, binding: Binding, created: Request) -> tuple[dict[str, Any], ...]:
        """Members to try on a list: filters that fit a job made by the request `created`, that do not, and clashes."""
        return ()

    def stories(self, tenant: str) -> tuple[tuple[tuple[str, dict[str, Any]], ...], ...]:
        """Sequences of calls (operation, request) for rules that the usual calls on one job do not touch.

        A member of a request may be `Told`: then it is what an earlier reply of the sequence told.
        """
        return ()

    def variants(self, binding: Binding) -> int:
        """How many kinds of examples there are: `number` modulo this picks one."""
        return 1

    def order(self, binding: Binding, tenant: str, job_id: str) -> dict[str, Any]:
        """A small valid request of an operation on one job."""
        return {binding.id_in: job_id}

    def extras(self, binding: Binding) -> tuple[dict[str, Any], ...]:
        """Members to give besides those of `example` or `order`: none, and such as the service treats in another way.

        They keep the shape of the request; what they bring in may be refused all the same.
        """
        return ({},)

    def listing(self, binding: Binding, tenant: str, parent: str, made: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """A small valid request of a list; `parent` is whose jobs to list, empty for those of the prelude's."""
        return {binding.scope_in: parent} if binding.scope_in else {}

    def lists_with(self, binding: Binding, created: Request) -> dict[str, Any]:
        """The members without which a list does not show a job made by the request `created`."""
        return {}

    # ---- creation --------------------------------------------------------------------------------------------------

    def new_kind(self, world: World, binding: Binding, request: Request) -> str:
        """The kind of the job that a request creates."""
        return binding.kind or world.api.lifecycle(binding.lifecycle).kinds[0].name

    def new_id(self, world: World, binding: Binding, request: Request, tenant: str, draw: str) -> str:
        """The id of a new job; `draw` is 64 hexadecimal digits that no other draw of this reference has."""
        return draw[:32]

    def new_parent(self, world: World, binding: Binding, request: Request, tenant: str, job_id: str) -> str:
        """The parent of a new job."""
        return binding.parent_of(job_id) if binding.parent_of is not None else ""

    def create(self, world: World, binding: Binding, job: Job, request: Request) -> None:
        """Fill the data of a new job; its key, parent, state and number are set."""
        job.put(request=request)

    def created(self, world: World, binding: Binding, job: Job, request: Request) -> None:
        """The job can now be found; make the jobs that come with it."""

    def token_parameters(self, binding: Binding, request: Request) -> bytes:
        """What has to be the same for a repeated token to mean the same call."""
        return hashlib.blake2b(_canonical(request).encode(), digest_size=16).digest()

    def token_life(self, world: World) -> float | None:
        """How many seconds a token is remembered; None: for ever."""
        return 86_400.0 if world.readings.get("life of a token") == "one day" else None

    def other_parameters(self, world: World) -> str:
        """What a token used before with other parameters does: `same job`, `new job`, or an error code."""
        return world.readings.get("repeated token, other parameters", "new job")

    # ---- moves -----------------------------------------------------------------------------------------------------

    def permits(self, world: World, job: Job, row: Transition) -> bool:
        """True if `row` agrees with the other jobs; of free rows those that agree are taken first."""
        return True

    def moved(self, world: World, job: Job, row: Transition, before: str) -> None:
        """The job has moved from `before` by `row`: note times and messages, move related jobs."""

    def accepted(self, world: World, binding: Binding, job: Job, request: Request) -> None:
        """A call on the job was answered with success, and the job has moved if it does: keep what was asked for."""

    def is_settled(self, world: World, job: Job) -> bool:
        """True if `settle` leaves the job alone though it could move on."""
        return world.api.lifecycle(job.key.lifecycle).state(job.state).terminal

    def abstract(self, world: World, job: Job) -> Hashable:
        """What else than its state decides how the job may behave; part of the fingerprint."""
        return ()

    # ---- replies ---------------------------------------------------------------------------------------------------

    def view(self, world: World, job: Job, binding: Binding, shown: Mapping[str, str]) -> dict[str, Any]:
        """The job as an operation shows it; `shown` has the status members with the values to show."""
        member = world.api.lifecycle(job.key.lifecycle).id_member_of(job.key.kind)
        return {member: job.key.id, **shown}

    def success(self, world: World, binding: Binding, body: dict[str, Any]) -> Answer:
        """A success with `body`."""
        return Answer(200, body)

    def refuse(self, world: World, code: str, text: str) -> Answer:
        """A refusal."""
        return Answer(self.http_status(world, code), self.error_body(code, text), code)

    def refusal_text(self, world: World, code: str, binding: Binding, job_id: str, row: Transition) -> str:
        """The message of a refusal that `row` demands."""
        return f"{row.name}: {job_id}" if job_id else row.name

    def error_body(self, code: str, text: str) -> dict[str, Any]:
        """The body of a refusal."""
        return {"__type": code, self.message_member: text}

    def http_status(self, world: World, code: str) -> int:
        """The HTTP status of an error: the documented one."""
        spec = world.api.error(code)
        return spec.http[0] if spec is not None else 400

    # ---- lists -----------------------------------------------------------------------------------------------------

    def scope(self, binding: Binding, request: Request) -> str | None:
        """The parent whose jobs a list shows; None if it shows those of all."""
        value = request.get(binding.scope_in) if binding.scope_in else None
        return value if isinstance(value, str) else None

    def selects(self, world: World, binding: Binding, request: Request, job: Job) -> bool:
        """True if a job passes the filters of a list."""
        return True

    def is_newest_first(self, world: World, binding: Binding, request: Request) -> bool:
        """The order of a list."""
        return False

    def page_size(self, binding: Binding, request: Request) -> int:
        """The longest page a list may have."""
        asked = request.get(binding.limit_in) if binding.limit_in else None
        return asked if isinstance(asked, int) else self.page

    def first_item(self, world: World, binding: Binding, request: Request) -> int | None:
        """The place of the first item where a list is paged by offset; None where it is paged by tokens."""
        return None

    def keeps_page_parameters(self, world: World) -> bool:
        """True if a page token is refused with other parameters than those it was given for."""
        return world.readings.get("page token with other parameters", "continues") != "continues"

    def list_body(
        self, world: World, binding: Binding, items: list[dict[str, Any]], total: int | None
    ) -> dict[str, Any]:
        """The body of a list around its items; `total` counts the selected jobs where a list is paged by offset."""
        body: dict[str, Any] = {binding.total_out: total} if binding.total_out and total is not None else {}
        place = body
        *outer, last = binding.items or ("",)
        for member in outer:
            place = place.setdefault(member, {})
        place[last] = items
        return body


def _canonical(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{k!r}:{_canonical(value[k])}" for k in sorted(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_canonical, value)) + "]"
    return repr(value)
