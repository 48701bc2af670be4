"""The commands of the model, one module each, that exports `command`; `haltspec.__main__` loads the one called."""
