"""From scores to probabilities. A temperature is a division in the recipe: `softmax(z/T)`."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from kdgraph.primitive import primitive
from kdgraph.sorts import Distribution, LogDistribution, Logits


@primitive(several="v")
def softmax(v: Logits[Tensor, "..."], *, over: int = -1) -> Distribution[Tensor, "..."]:
    r"""Scores as probabilities.

    $$ \sigma(z)_k = \frac{e^{z_k}}{\sum_j e^{z_j}} $$

    Args:
        v: logits $z$; probabilities don't belong here.
        over: the axis that sums to one, the last unless told.

    Shapes:
        any → the same.

    Units:
        logits in nats → probabilities.

    Errors:
        a row of nothing but −∞ is NaN.

    Source:
        Bridle. Training Stochastic Model Recognition Algorithms as Networks can lead to
        Maximum Mutual Information Estimation of Parameters, 1989. NeurIPS 2.
    """
    return F.softmax(v, dim=over)


@primitive(several="v")
def log_softmax(v: Logits[Tensor, "..."], *, over: int = -1) -> LogDistribution[Tensor, "..."]:
    r"""Scores as logarithms of probabilities, without underflow.

    $$ \log \sigma(z)_k = z_k - \log \sum_j e^{z_j} $$

    Args:
        v: logits $z$; probabilities don't belong here.
        over: the axis whose probabilities sum to one, the last unless told.

    Shapes:
        any → the same.

    Units:
        nats, from −∞ to 0.

    Errors:
        a row of nothing but −∞ is NaN.

    Source:
        Blanchard, Higham, Higham. Accurately computing the log-sum-exp and softmax
        functions, 2021. IMA Journal of Numerical Analysis 41(4).
    """
    return F.log_softmax(v, dim=over)
