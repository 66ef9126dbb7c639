"""Whether a network is as sure as it is right, and what several networks say together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from kdgraph.knobs import Count
from kdgraph.primitive import primitive
from kdgraph.sorts import Labels, Logits, Scalar


@primitive(couples=True, several="z")
def ece(z: Logits[Tensor, "b k"], truth: Labels[Tensor, "b"], *, bins: Count = 10) -> Scalar:
    r"""Expected calibration error: how far confidence is from accuracy, bin by bin.

    $$ \sum_{j} \frac{n_j}{n} \, \lvert \mathrm{acc}_j - \mathrm{conf}_j \rvert $$

    Confidence is the greatest probability. Bin $j$ holds the rows whose confidence is in
    $(j/m, (j+1)/m]$ for $m$ bins of equal width. It is no mean over rows, so as a metric it
    is taken of the whole test set at once.

    Args:
        z: logits, one row for each image.
        truth: the class of each row.
        bins: $m$, how many bins.

    Shapes:
        z (b, k), truth (b): a number.

    Units:
        a share: 0 where the network is right as often as it says, at most 1.

    Errors:
        none; a bin without rows counts 0.

    Source:
        Guo, Pleiss, Sun, Weinberger. On Calibration of Modern Neural Networks, 2017.
        arXiv:1706.04599, equation 3.
    """
    return gaps(z, truth, bins).abs().sum() / len(z)


def gaps(z: Tensor, truth: Tensor, bins: int) -> Tensor:
    """For each bin the rows that are right less the sum of confidences; these can be added."""
    confidence, said = F.softmax(z, dim=-1).max(dim=-1)
    inner = torch.arange(1, bins, dtype=z.dtype, device=z.device) / bins
    bin_of = torch.bucketize(confidence.detach(), inner)
    gap = (said == truth).to(z.dtype) - confidence
    return torch.zeros(bins, dtype=z.dtype, device=z.device).index_add(0, bin_of, gap)


def together(logits: Sequence[Tensor]) -> Tensor:
    r"""Log-probabilities of several networks that are averaged: $\log \frac1K \sum_k \sigma(z_k)$.

    Probabilities are averaged, not logits, and not tempered before.
    """
    each = torch.stack([F.log_softmax(one, dim=-1) for one in logits])
    return torch.logsumexp(each, dim=0) - math.log(len(logits))
