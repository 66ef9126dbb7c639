"""stub."""
from __future__ import annotations
Aliases = dict[str, str | tuple[str, ...]]
