"""Losses against the labels."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from kdgraph.knobs import Share
from kdgraph.losses.rows import gathered, kept
from kdgraph.primitive import primitive
from kdgraph.sorts import Labels, Logits, Mask, Scalar


@primitive(shape="rows", several="guess")
def cross_entropy(
    guess: Logits[Tensor, "... k"],
    truth: Labels[Tensor | int, "..."],
    *,
    smoothing: Share = 0.0,
    reduce: Literal["rows", "sum", "none"] = "rows",
    rows: Mask[Tensor, "..."] | None = None,
) -> Scalar:
    r"""Surprise of the true class under the guess.

    $$ -\log \sigma(z)_y \quad\text{or, smoothed by } \epsilon,\quad
       -(1-\epsilon) \log \sigma(z)_y - \frac{\epsilon}{K} \sum_k \log \sigma(z)_k $$

    Args:
        guess: logits $z$, not probabilities.
        truth: the class of each row; one number where every row has the same.
        smoothing: $\epsilon$, the share of the target spread evenly over all classes.
        reduce: `rows` is the mean over rows, `sum` their sum, `none` leaves the rows.
        rows: a mask of the rows that count; the mean is over these. None counts: 0. The label
            of another row is never looked up: `rows=y >= 0` leaves out labels of −100.

    Shapes:
        guess (b, k), truth (b): a number, or (b) with `reduce=none`. Further axes
        between b and k, such as pixels, are rows too.

    Units:
        nats for each row. Guessing evenly over k classes costs log k.

    Errors:
        a label outside 0 … k−1 in a row that counts is an index error on a CPU.

    Source:
        Goodfellow, Bengio, Courville. Deep Learning, 2016, section 6.2.2.1. Smoothing:
        Szegedy, Vanhoucke, Ioffe, Shlens, Wojna. Rethinking the Inception Architecture
        for Computer Vision, 2015. arXiv:1512.00567, section 7.
    """
    log_p = F.log_softmax(kept(guess, rows, 0.0), dim=-1)
    if not isinstance(truth, Tensor):
        truth = torch.full_like(guess[..., 0], truth, dtype=torch.long)
    each = -log_p.gather(-1, kept(truth, rows, 0).unsqueeze(-1)).squeeze(-1)
    if smoothing:
        each = (1 - smoothing) * each - smoothing * log_p.mean(dim=-1)
    return gathered(each, reduce, rows)
