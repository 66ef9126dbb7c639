"""What makes the views of a batch, as data; defined where torch is not needed."""

from __future__ import annotations

from kdgraph.viewstep import RAW, ViewStep

__all__ = ["RAW", "ViewStep"]
