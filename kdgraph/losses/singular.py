"""Directions of matrices, with a derivative that stays finite where directions tie."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from kdgraph.knobs import Count
from kdgraph.primitive import primitive
from kdgraph.sorts import Values

TIED = 1e-4
"""squares nearer than this share of the largest: there single precision knows the slope to 1 %"""


@primitive(several="v")
def singular_vectors(v: Values[Tensor, "b n d"], count: Count) -> Values[Tensor, "b d count"]:
    r"""The directions along which most of a matrix lies: its first right singular vectors.

    $$ V = U \Sigma W^\top, \qquad (w_1, \ldots, w_{\mathit{count}}), \quad
       \sigma_1 \ge \sigma_2 \ge \ldots $$

    A direction has two signs; the one whose entries have a sum above 0 is taken. Of a map of
    (b, c, h, w), `singular_vectors(flatten(f, keep=2)ᵀ, 1)` is the mix of channels that tells
    most of it.

    The derivative is that of the eigenvectors of $A = V^\top V$,
    $\mathrm{d}w_i = \sum_{j \ne i} w_j \, (w_j^\top \mathrm{d}A \, w_i) / (\sigma_i^2 -
    \sigma_j^2)$. Between two that tie it does not exist, and near a tie it has no bound; so
    pairs whose squares are nearer than a ten-thousandth of the largest are left out.

    Args:
        v: one matrix for each example; its rows are points, its columns what is measured.
        count: how many directions.

    Shapes:
        (b, n, d) → (b, d, count).

    Units:
        none; each direction has length 1.

    Errors:
        none; beyond the rank of a matrix a direction is 0, and so are all those of zeros.

    Source:
        Lee, Kim, Song. Self-supervised Knowledge Distillation Using Singular Value
        Decomposition, 2018. arXiv:1807.06819, section 3.1.
    """
    with torch.no_grad():
        squares, every = _spectrum(v)
        kept = min(count, squares.shape[-1])
        own, first = squares[:, None, :kept], every[..., :kept]
        tie = TIED * squares[:, None, :1]
        turns = _inverse(own - squares.unsqueeze(-1), tie)
        leaves = _inverse(own, tie)
    change = v.mT @ (v @ first) - own * first  # 0, and its derivative is dA·w
    along = every.mT @ change
    moved = every @ (turns * along) + leaves * (change - every @ along)
    return F.pad(first + (moved - moved.detach()), (0, count - kept))


def _spectrum(v: Tensor) -> tuple[Tensor, Tensor]:
    """Squared singular values, falling, and the directions (b, d, m); 0 beyond the rank.

    The smaller of both Gram matrices is taken apart, which is many times faster than `v`.
    """
    wide = v.shape[-1] > v.shape[-2]
    rising, vectors = torch.linalg.eigh(v @ v.mT if wide else v.mT @ v)
    squares, vectors = rising.flip(-1).clamp(min=0), vectors.flip(-1)
    directions = F.normalize(v.mT @ vectors, dim=-2) if wide else vectors
    least = torch.finfo(v.dtype).eps * max(v.shape[-2:]) * squares[:, :1]
    directions = torch.where((squares > least).unsqueeze(-2), directions, 0.0)
    return squares, torch.where(directions.sum(-2, keepdim=True) < 0, -directions, directions)


def _inverse(gap: Tensor, tie: Tensor) -> Tensor:
    """One over a gap; 0 where it is a tie."""
    tied = gap.abs() <= tie
    return torch.where(tied, 0.0, 1 / torch.where(tied, 1.0, gap))
