"""haltspec: how cloud job APIs behave between start and stop, as data, and a judge of recordings against it."""

__all__ = ["__version__"]

__version__ = "0.1.0"
