"""The steps that make a batch's views, as the torch-free side writes them."""

from __future__ import annotations

from kdgraph.viewstep import RAW, ViewStep

__all__ = ["RAW", "ViewStep"]
