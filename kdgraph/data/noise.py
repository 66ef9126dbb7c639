"""Wrong labels on purpose: a share of every class is moved to other classes, evenly."""

from __future__ import annotations

import torch
from torch import Tensor

from kdgraph.data.subset import stratified

SEED = 1


def noisy(labels: Tensor, classes: int, rate: float, *, seed: int = SEED) -> Tensor:
    """Replace a share `rate` of the labels of every class by another class, drawn evenly.

    Which labels, and which classes instead, depends on the seed only. A replaced label is
    never the true one.
    """
    flipped = round(rate * len(labels))
    if not flipped:
        return labels
    chosen = stratified(labels, flipped, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    away = torch.randint(1, classes, chosen.shape, generator=generator)
    result = labels.clone()
    result[chosen] = (labels[chosen] + away) % classes
    return result
