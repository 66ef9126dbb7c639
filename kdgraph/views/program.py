"""Run the steps that make a batch's views."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter

import torch
from torch import Tensor

from kdgraph.registry import REGISTRY
from kdgraph.views.draw import Draw
from kdgraph.views.site import site
from kdgraph.views.steps import RAW, ViewStep
from kdgraph.views.view import code, parameters
from kdgraph.viewstep import share_of

Others = Callable[[Tensor], Tensor]
"""numbers of examples → their images"""


@torch.no_grad()
def run(
    steps: Sequence[ViewStep],
    pixels: Tensor,
    examples: Tensor,
    *,
    seed: int,
    stage: int | str,
    epoch: int,
    train: bool,
    step: int = 0,
    asked: Mapping[str, Tensor] | None = None,
    others: Others | None = None,
) -> dict[str, Tensor]:
    """Make every view of a batch, in the order of the steps.

    Args:
        steps: what to do; each reads the batch or views made before it.
        pixels: uint8 (b, c, h, w).
        examples: the images' numbers in the data set, int64 (b,), on the same device.
        seed: of the run.
        stage: number or name of the stage.
        epoch: of the stage.
        train: draw; else every random step takes its deterministic form.
        step: steps of the stage that were done before; what is drawn once for a whole batch is
            drawn anew in each.
        asked: the values that views are made with, such as the `j` of `image[j]`, as written.
        others: reads images of the training set by their numbers; without it there are none.

    Returns:
        the views by name, the batch itself as `image` among them, and of mixed views the kept
        share, 0-d, as `share(v)`.
    """
    views, rows = {RAW: pixels}, {RAW: 1}
    for one in steps:
        function = code(one.op)
        own = tuple(rows[name] for name in one.inputs)
        takes = parameters(function)
        many = next((n for n, p in takes.items() if p.kind is Parameter.VAR_POSITIONAL), "")
        knobs = dict(one.knobs)
        spread = knobs.pop(many, ())
        assert isinstance(spread, tuple), one
        if "rows" in takes:
            knobs["rows"] = own[0]
        if "each" in takes:
            knobs["each"] = own
        if "draw" in takes:
            place = Draw(seed, stage, epoch, site(one.site), examples, own[0])
            knobs["draw"] = place if train else None
        if "together" in takes:
            batch = Draw(seed, stage, epoch, site(one.site), torch.tensor([step]))
            knobs["together"] = batch if train else None
        if "others" in takes:
            knobs["others"] = others
            knobs |= _values(one, asked if others is not None else None)
        if "tell" in takes:
            knobs["tell"] = _Told(views, share_of(one.name), pixels.device)
        made = function(*(views[name] for name in one.inputs), *spread, **knobs)
        if len(made) != len(examples) * one.rows:
            msg = f"{one.name} = {one.op}(…) has {len(made)} rows, not {one.rows} an image"
            raise ValueError(msg)
        views[one.name], rows[one.name] = made, one.rows
    return views


def _values(one: ViewStep, asked: Mapping[str, Tensor] | None) -> dict[str, Tensor | None]:
    """The values that a view is made with, by their slots; None where there are none yet."""
    word = REGISTRY.get(one.op)
    assert word is not None, one
    written = dict(one.knobs)
    slots = [slot.name for slot in word.parameters if slot.is_edge and slot.sort != "Image"]
    return {name: None if asked is None else asked[str(written[name])] for name in slots}


@dataclass(frozen=True)
class _Told:
    """Puts the kept share of a mixed view beside the views."""

    views: dict[str, Tensor]
    name: str
    device: torch.device

    def __call__(self, share: float) -> None:
        self.views[self.name] = torch.full((), share, device=self.device)
