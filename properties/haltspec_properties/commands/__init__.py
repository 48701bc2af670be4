"""The commands of this package, found by the entry point group `haltspec.commands`."""
