"""Batch normalisation as a part of a recipe."""

from __future__ import annotations

from torch import nn

from kdgraph.modules.module import Shape, module
from kdgraph.sorts import Values

RANK_OF_MAPS = 4


@module(couples=True, sort="same")
def bn(v: Values[Shape, "b c ..."]) -> Values[nn.Module, "b c ..."]:
    r"""Each channel brought to mean 0 and variance 1 over the batch, then scaled and shifted.

    $$ \gamma_c \frac{v_c - \mu_c}{\sqrt{\sigma_c^2 + 10^{-5}}} + \beta_c $$

    In training $\mu$ and $\sigma^2$ are those of the batch (and of the map); in evaluation
    running means of these.

    Args:
        v: vectors (b, c), sequences (b, c, l) or maps (b, c, h, w).

    Shapes:
        any of these → the same.

    Units:
        none.

    Errors:
        in training a channel needs more than one value, so a batch of one vector is
        refused.

    Source:
        Ioffe, Szegedy. Batch Normalization, 2015. arXiv:1502.03167, algorithm 1.
    """
    return nn.BatchNorm2d(v[1]) if len(v) == RANK_OF_MAPS else nn.BatchNorm1d(v[1])
