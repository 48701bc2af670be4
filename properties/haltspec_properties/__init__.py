"""haltspec_properties: adapters to implementations, named properties, generated tests and conformance runs.

An implementer writes an `Adapter`; `properties` are the named properties of an API, which run over any recording.
"""

from haltspec_properties.adapters import Adapter, AwsAdapter, ReferenceAdapter
from haltspec_properties.property import Found, Kind, Property
from haltspec_properties.suite import properties

__all__ = ["Adapter", "AwsAdapter", "Found", "Kind", "Property", "ReferenceAdapter", "properties"]
