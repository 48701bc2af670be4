"""What services get wrong that claim to be Huawei Cloud DataArts Factory."""

from __future__ import annotations

from typing import Final

from haltspec_properties.flaws.service import Flaw

FLAWS: Final[tuple[Flaw, ...]] = ()
