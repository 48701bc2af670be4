"""The commands of the model, one module each; each exports `command`, which `haltspec.__main__` loads when it is called."""
