"""Run the steps that make a batch's views."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import Parameter

import torch
from torch import Tensor

from kdgraph.views.draw import Draw
from kdgraph.views.site import site
from kdgraph.views.steps import RAW, ViewStep
from kdgraph.views.view import code, parameters


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

    Returns:
        the views by name, the batch itself as `image` among them.
    """
    views, rows = {RAW: pixels}, {RAW: 1}
    for step in steps:
        function = code(step.op)
        own = tuple(rows[name] for name in step.inputs)
        takes = parameters(function)
        many = next((n for n, p in takes.items() if p.kind is Parameter.VAR_POSITIONAL), "")
        knobs = dict(step.knobs)
        spread = knobs.pop(many, ())
        assert isinstance(spread, tuple), step
        if "rows" in takes:
            knobs["rows"] = own[0]
        if "each" in takes:
            knobs["each"] = own
        if "draw" in takes:
            place = Draw(seed, stage, epoch, site(step.site), examples, own[0])
            knobs["draw"] = place if train else None
        made = function(*(views[name] for name in step.inputs), *spread, **knobs)
        if len(made) != len(examples) * step.rows:
            msg = f"{step.name} = {step.op}(…) has {len(made)} rows, not {step.rows} an image"
            raise ValueError(msg)
        views[step.name], rows[step.name] = made, step.rows
    return views
