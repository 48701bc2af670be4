"""What services get wrong that claim to be Amazon Translate."""

from __future__ import annotations

from typing import Final

from haltspec_properties.flaws.service import Flaw

FLAWS: Final[tuple[Flaw, ...]] = ()
