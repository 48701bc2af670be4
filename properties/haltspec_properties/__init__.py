"""haltspec_properties: adapters to implementations, named properties, generated tests and conformance runs."""
