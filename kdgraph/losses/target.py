"""A row of scores parted at its true class: that class against the rest, and the rest alone."""

from __future__ import annotations

import torch
from torch import Tensor

from kdgraph.primitive import primitive
from kdgraph.sorts import Labels, Logits


@primitive(shape="one_less", several="z")
def others(z: Logits[Tensor, "... k"], truth: Labels[Tensor | int, "..."]) -> Logits[Tensor, "..."]:
    r"""The scores of all classes but the true one.

    $$ (z_1, \ldots, z_{y-1}, z_{y+1}, \ldots, z_K) $$

    A softmax of these is what a network says of the other classes, given that it is none of
    the true one.

    Args:
        z: logits, one row for each image.
        truth: the class of each row, which is left out; one number where all have the same.

    Shapes:
        z (b, k), truth (b) → (b, k−1).

    Units:
        those of `z`.

    Errors:
        none where labels are classes.

    Source:
        Zhao, Cui, Song, Qiu, Liang. Decoupled Knowledge Distillation, 2022.
        arXiv:2203.08679, section 3.1.
    """
    kept = torch.arange(z.shape[-1] - 1, device=z.device)
    return z.gather(-1, kept + (kept >= _column(truth, z)))


@primitive(several="z")
def versus(
    z: Logits[Tensor, "... k"], truth: Labels[Tensor | int, "..."]
) -> Logits[Tensor, "... 2"]:
    r"""Two scores: that of the true class, and that of all others together.

    $$ \Bigl(z_y,\; \log \sum_{k \ne y} e^{z_k}\Bigr) $$

    A softmax of these is $(p_y, 1 - p_y)$ of the softmax of all, without rounding where the
    network is sure.

    Args:
        z: logits, one row for each image.
        truth: the class of each row; one number where all have the same.

    Shapes:
        z (b, k), truth (b) → (b, 2).

    Units:
        nats, as of any logits.

    Errors:
        of one class the second score is −∞.

    Source:
        Zhao, Cui, Song, Qiu, Liang. Decoupled Knowledge Distillation, 2022.
        arXiv:2203.08679, section 3.1.
    """
    own = z.gather(-1, _column(truth, z))
    return torch.cat((own, torch.logsumexp(others(z, truth), dim=-1, keepdim=True)), dim=-1)


def _column(truth: Tensor | int, z: Tensor) -> Tensor:
    """The class of each row as a column; one number is that of all rows."""
    if isinstance(truth, Tensor):
        return truth.unsqueeze(-1)
    return torch.full_like(z[..., :1], truth, dtype=torch.long)
