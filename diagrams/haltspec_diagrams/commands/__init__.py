"""The commands of the diagrams, one module each; each exports `command`, which `haltspec.__main__` loads on call."""
