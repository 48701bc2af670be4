"""All named properties, by API."""

from __future__ import annotations

from haltspec.apis import NAMES
from haltspec.errors import Unknown
from haltspec_properties.listing import LISTING
from haltspec_properties.progress import PROGRESS
from haltspec_properties.property import Property
from haltspec_properties.safety import SAFETY


def properties(api: str) -> tuple[Property, ...]:
    """The properties of an API, in the order of their modules; raises `Unknown` if there is no such API."""
    if api not in NAMES:
        raise Unknown("API", api, NAMES)
    return tuple(prop for prop in (*SAFETY, *LISTING, *PROGRESS) if prop.api == api)
