"""How a model sees an image, in a file: kept beside its weights, read again by a probe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kdgraph.compiler import Analysis
from kdgraph.train.evaluate import needed
from kdgraph.viewstep import ViewStep


@dataclass(frozen=True)
class Sight:
    """The view that a model is at home on, where that is not the image as it is.

    Attributes:
        view: its name.
        channels: of the images that it is made from.
        steps: what makes it.
    """

    view: str
    channels: int
    steps: tuple[ViewStep, ...]


def sees(analysis: Analysis, model: str) -> dict[str, object]:
    """What to keep of how a model sees; nothing where only chance tells its view from the image.

    Such a view, `crop(image, pad=4)`, is the image itself where nothing is drawn.
    """
    home = analysis.homes[model]
    view, image = analysis.world.views.get(home), analysis.world.image
    if view is None or not view.form or image is None:
        return {}
    steps = [asdict(step) for step in needed(analysis.views.steps, home)]
    return {"sees": {"view": home, "channels": image[0], "steps": steps}}


def sight(about: Mapping[str, Any]) -> Sight | None:
    """The same, read from a file."""
    if "sees" not in about:
        return None
    told = about["sees"]
    steps = tuple(ViewStep(**{key: _frozen(v) for key, v in one.items()}) for one in told["steps"])
    return Sight(str(told["view"]), int(told["channels"]), steps)


def _frozen(value: object) -> Any:  # noqa: ANN401 - whatever a field of a step holds
    """Lists of JSON as tuples, all the way down."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(map(_frozen, value))
    return value
