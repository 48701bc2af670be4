"""pytest plugin: the fixture `haltspec_reference`, a running reference service that every test finds empty.

The service runs at the pace `manual` unless the marker `haltspec_reference` says otherwise; its arguments are those of
`haltspec_properties.clients.ReferenceService`. A service is started once for all tests with the same arguments.

    def test_the_poller_sees_the_end(haltspec_reference):
        comprehend = haltspec_reference.client("comprehend")
        ...

    @pytest.mark.haltspec_reference("translate", pace="timed", delay_s=(0.1, 0.2), faults=["throttle:rate=0.2"])
    def test_the_poller_bears_throttling(haltspec_reference): ...
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from haltspec_properties.clients import ReferenceService

MARKER = "haltspec_reference"


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers", f"{MARKER}(*apis, **options): how the reference service of a test runs; see ReferenceService"
    )


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
    from haltspec_properties.clients import ReferenceService

    marker = request.node.get_closest_marker(MARKER)
    apis: tuple[str, ...] = marker.args if marker is not None else ()
    options: dict[str, Any] = dict(marker.kwargs) if marker is not None else {}
    key = repr((apis, sorted(options.items())))
    service = _haltspec_services.get(key)
    if service is None or not service.process.is_running:
        service = ReferenceService(*apis, **options)
        service.start()
        _haltspec_services[key] = service
    yield service
    if service.process.is_running:
        service.reset()
