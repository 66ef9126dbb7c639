"""Which rows of a batch are worth learning from: a mask of static shape, no row removed."""

from __future__ import annotations

import torch
from torch import Tensor

from kdgraph.knobs import Share
from kdgraph.primitive import primitive
from kdgraph.sorts import Labels, Mask, Values


@primitive(couples=True, ordered=True, several="scores")
def keep(
    scores: Values[Tensor, "n k"], truth: Labels[Tensor, "n"], ratio: Share
) -> Mask[Tensor, "n"]:
    r"""The rows whose truth is ranked first, and the best-ranked share of the others.

    $$ r_n = \#\{k : s_{nk} > s_{n t_n}\}, \qquad
       \#\mathrm{kept} = \#\{r_n = 0\} + \lfloor \mathit{ratio} \cdot \#\{r_n > 0\} \rfloor $$

    Rows are kept in the order of their ranks; among equal ranks the lower row comes first.
    Nothing is trained through it.

    Args:
        scores: one score for each candidate; of logits and their softmax the mask is the same.
        truth: which candidate is the right one.
        ratio: the share of the wrong rows to keep, from 0 to 1.

    Shapes:
        (n, k) and (n) → (n): true where a row is kept.

    Units:
        truth values; `rows=` of a divergence takes them.

    Errors:
        none; with `ratio` 0 and every row wrong none is kept.

    Source:
        Xu, Liu, Li, Loy. Knowledge Distillation Meets Self-Supervision, 2020.
        arXiv:2006.07114, section 3.3, as in the authors' code, with ties in the order of rows.
    """
    right = scores.gather(1, truth[:, None])
    rank = (scores > right).sum(dim=1)
    wrong = (rank > 0).sum()
    kept = (rank == 0).sum() + (wrong.double() * ratio).floor().long()
    place = torch.argsort(torch.argsort(rank, stable=True), stable=True)
    return place < kept
