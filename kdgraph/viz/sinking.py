"""Which boxes stand as low as they can: terms beside the total, and inputs beside their use."""

from __future__ import annotations

from kdgraph.viz.picture import Picture

_HIGH = {"view", "model", "frozen_model", "tap", "frozen_tap", "module", "frozen_module", "memory"}


def sinking(picture: Picture) -> frozenset[str]:
    """The ids of the terms, and of all that depends on no view, no model and nothing kept."""
    below: dict[str, list[str]] = {box.id: [] for box in picture.boxes}
    for arrow in picture.arrows:
        below[arrow.source].append(arrow.target)
    high = {box.id: None for box in picture.boxes if box.kind in _HIGH}
    spread = list(high)
    for one in spread:
        fresh = [other for other in below[one] if other not in high]
        high |= dict.fromkeys(fresh)
        spread += dict.fromkeys(fresh)
    return frozenset(box.id for box in picture.boxes if box.kind == "term" or box.id not in high)
