"""Classifiers at the maps of a network, grown from its own stages."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from kdgraph.knobs import Count, Natural
from kdgraph.modules.module import Shape, module
from kdgraph.sorts import Logits, Map


class Branch(nn.Module):
    """Layers of a network started anew, and a classifier of its own.

    It is a part of a network, and is run under the autocast of networks.
    """

    def __init__(self, rest: nn.Module, width: int, classes: int) -> None:
        super().__init__()
        self.rest = rest
        self.fc = nn.Linear(width, classes)
        self.autocast: Callable[[torch.device], AbstractContextManager[object]] | None = None

    def forward(self, v: Tensor) -> Tensor:
        """A map (b, c, h, w) to logits (b, classes), in the map's precision."""
        with nullcontext() if self.autocast is None else self.autocast(v.device):
            logits: Tensor = self.fc(self.rest(v))
        return logits.to(v.dtype)


@module(each="maps")
def branches(
    v: Map[Shape, "b c h w"], model: str, place: Natural, classes: Count, *, rest: nn.Module
) -> Logits[nn.Module, "b classes"]:
    r"""A classifier at each map of a network: fresh copies of the stages that follow the map.

    $$ W \operatorname{pool}(f_L(\cdots f_{l+1}(F_l))) + b $$

    In `modules:` one name stands for all of them, `h: branches(student, 40)`, and is taken
    apart by `zip(h, student.maps)`. $f_{l+1} \ldots f_L$ are copies of the network's own
    remaining stages, with everything up to the vector that its classifier sees. After the
    last map one more stage stands in for them, as wide and of stride 1. Convolutions start
    from $N(0, 2/(k^2 \cdot \mathrm{outputs}))$, all else as PyTorch starts it.

    Args:
        v: a map of the model.
        model: which model's stages are copied.
        place: which of its maps it is, from 0; told apart by `zip`, not by the recipe.
        classes: how many classes it tells apart, which need not be the model's.

    Shapes:
        (b, c, h, w) → (b, classes).

    Units:
        log odds, up to a constant of each row.

    Errors:
        what follows the map needs nothing else of the network, and each of its layers can be
        started anew (`reset_parameters`). Batch norm inside sees the rows of its own device,
        as that of networks does.

    Source:
        Yang, An, Cai, Xu. Hierarchical Self-supervised Augmented Knowledge Distillation,
        2021. arXiv:2107.13715, section 3.2, with the branches of the authors' code.
    """
    del model, place  # they chose `rest`
    for part in rest.modules():
        if any(True for _ in part.parameters(recurse=False)):
            _start(part)
    like = next(rest.parameters(), torch.empty(0))
    with torch.no_grad():
        width = rest.eval()(like.new_zeros(2, *v[1:])).shape[-1]
    return Branch(rest.train(), width, classes).to(like.dtype)


def _start(part: nn.Module) -> None:
    """Draw the parameters of a layer anew."""
    part.reset_parameters()  # type: ignore[operator]  # a layer without it was refused
    if isinstance(part, nn.Conv2d):
        nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
        if part.bias is not None:
            nn.init.zeros_(part.bias)
