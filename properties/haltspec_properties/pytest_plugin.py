"""pytest plugin: conformance runs as tests, and the fixture `haltspec_reference`, a running reference service.

`pytest --haltspec-api comprehend --haltspec-endpoint http://127.0.0.1:5000` adds a test for each named rule of the API,
which fails with what was found to break it. An implementation in the process of the tests is judged by a fixture:

    def test_conformance(haltspec_conform):
        haltspec_conform("comprehend", Target("mine", MyAdapter(), tenants))

The reference service is found empty by every test. It runs at the pace `manual` unless the marker `haltspec_reference`
says otherwise; its arguments are those of `haltspec_properties.clients.ReferenceService`. A service is started once for
all tests with the same arguments.

    def test_the_poller_sees_the_end(haltspec_reference):
        comprehend = haltspec_reference.client("comprehend")
        ...

    @pytest.mark.haltspec_reference("translate", pace="timed", delay_s=(0.1, 0.2), faults=["throttle:rate=0.2"])
    def test_the_poller_bears_throttling(haltspec_reference): ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import signature
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from haltspec_properties.clients import ReferenceService
    from haltspec_properties.conform import Run

MARKER = "haltspec_reference"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a conformance run; see `haltspec conform --help`."""
    group = parser.getgroup("haltspec", "conformance of an implementation (haltspec)")
    group.addoption("--haltspec-api", metavar="API", help="Add a test for each rule of this API.")
    group.addoption("--haltspec-endpoint", metavar="URL", help="Where the implementation listens.")
    group.addoption("--haltspec-baseline", metavar="FILE", help="Deviations that are accepted.")
    group.addoption("--haltspec-floor", metavar="GRADE", default="implied", choices=("stated", "implied", "assumed"))
    for name, kind in (("examples", int), ("seconds", float), ("patience", float), ("seed", int)):
        group.addoption(f"--haltspec-{name}", metavar="N", type=kind, help=f"As --{name} of haltspec conform.")
    for name in ("other-profile", "project-id", "workspace"):
        group.addoption(f"--haltspec-{name}", metavar="NAME", help=f"As --{name} of haltspec conform.")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the tests of the API that the command line names, before any are selected by name."""
    if config.getoption("haltspec_api") is not None:
        from haltspec_properties.pytest_rules import RulesOfApi

        name = f"haltspec {config.getoption('haltspec_api')}"
        items += RulesOfApi.from_parent(session, name=name, nodeid=name).collect()


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers", f"{MARKER}(*apis, **options): how the reference service of a test runs; see ReferenceService"
    )
    _check_options(config)


def _check_options(config: pytest.Config) -> None:
    api, endpoint = config.getoption("haltspec_api"), config.getoption("haltspec_endpoint")
    if (api is None) != (endpoint is None):
        raise pytest.UsageError("--haltspec-api and --haltspec-endpoint go together")
    if api is not None:
        from haltspec.apis import load
        from haltspec.errors import HaltspecError

        try:
            load(api)
        except HaltspecError as error:
            raise pytest.UsageError(str(error)) from None


@pytest.fixture
def haltspec_conform() -> Callable[..., Run]:
    """Judges an implementation in this process, and fails the test with what was found; see `conform_in_process`."""
    from haltspec_properties.pytest_rules import conform_in_process

    return conform_in_process


@pytest.fixture(scope="session")
def _haltspec_services() -> Iterator[dict[str, ReferenceService]]:
    """The services that run, by their arguments."""
    services: dict[str, ReferenceService] = {}
    yield services
    for service in services.values():
        service.stop()


@pytest.fixture
def haltspec_reference(
    request: pytest.FixtureRequest, _haltspec_services: dict[str, ReferenceService]
) -> Iterator[ReferenceService]:
    """A running reference service without jobs; `client("comprehend")` gives a boto3 client of it."""
    from haltspec.errors import Unknown
    from haltspec_properties.clients import ReferenceService

    marker = request.node.get_closest_marker(MARKER)
    apis: tuple[str, ...] = marker.args if marker is not None else ()
    options: dict[str, Any] = dict(marker.kwargs) if marker is not None else {}
    known = [name for name, made in signature(ReferenceService).parameters.items() if made.kind is made.KEYWORD_ONLY]
    for name in options:
        if name not in known:
            pytest.fail(str(Unknown(f"option of the marker {MARKER}", name, known)), pytrace=False)
    key = repr((apis, sorted(options.items())))
    service = _haltspec_services.get(key)
    if service is None or not service.process.is_running:
        service = ReferenceService(*apis, **options)
        service.start()
        _haltspec_services[key] = service
    yield service
    if service.process.is_running:
        service.reset()
