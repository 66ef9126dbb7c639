"""Batch normalisation as a part of a recipe."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from kdgraph.modules.module import Shape, module
from kdgraph.sorts import Values

RANK_OF_MAPS = 4


Pool = Callable[[Tensor, Tensor, bool, str], Tensor]
"""the mean over the ranks of a group of a value that stands for so many rows"""
Total = Callable[[Tensor, bool, str], Tensor]
"""the sum over the ranks of a group of a value"""


class Pooled(nn.modules.batchnorm._BatchNorm):  # noqa: SLF001 - what all batch norms are
    """Batch norm whose statistics are those of all ranks' rows.

    Ranks exchange means and variances of channels, never maps.
    """

    pool: Pool | None = None
    total: Total | None = None
    group: str = ""

    def forward(self, v: Tensor) -> Tensor:
        """Each channel at mean 0 and variance 1 over the batch of all ranks."""
        if self.pool is None or self.total is None or not self.training:
            return super().forward(v)
        self._check_input_dim(v)
        axes = [axis for axis in range(v.ndim) if axis != 1]
        shape = [1, -1, *[1] * (v.ndim - 2)]
        count = v.new_full((), v.numel() // v.shape[1])
        mean = self.pool(v.mean(axes), count, False, self.group)
        centred = v - mean.view(shape)
        variance = self.pool(centred.square().mean(axes), count, False, self.group)
        with torch.no_grad():
            values = self.total(count, True, self.group)
            self._follow(mean, variance * values / (values - 1))
        scaled = centred * (variance + self.eps).rsqrt().view(shape)
        return scaled * self.weight.view(shape) + self.bias.view(shape)

    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics, as batch norm on one device does."""
        share = self.momentum
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), share)
        self.running_var.lerp_(variance.to(self.running_var.dtype), share)


class Pooled1d(Pooled, nn.BatchNorm1d):
    """Over vectors (b, c) or sequences (b, c, l)."""


class Pooled2d(Pooled, nn.BatchNorm2d):
    """Over maps (b, c, h, w)."""


@module(couples=True, pools=True, sort="same")
def bn(v: Values[Shape, "b c ..."]) -> Values[nn.Module, "b c ..."]:
    r"""Each channel brought to mean 0 and variance 1 over the batch, then scaled and shifted.

    $$ \gamma_c \frac{v_c - \mu_c}{\sqrt{\sigma_c^2 + 10^{-5}}} + \beta_c $$

    In training $\mu$ and $\sigma^2$ are those of the batch (and of the map); in evaluation
    running means of these. Several devices share both, so that the batch is that of all.

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
    return Pooled2d(v[1]) if len(v) == RANK_OF_MAPS else Pooled1d(v[1])
