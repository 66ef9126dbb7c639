"""How far one distribution is from another, and how spread one is.

0·log 0 counts as 0, in value and in gradient: the terms of an impossible class are left out
of the computation (`where` on the way in as well as on the way out).
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from kdgraph.losses.rows import gathered, kept
from kdgraph.primitive import primitive
from kdgraph.sorts import Distribution, LogDistribution, Mask, Scalar, Values


@primitive(shape="rows", several="target")
def kl(
    target: Distribution[Tensor, "... k"],
    guess: Distribution[Tensor, "... k"],
    *,
    reduce: Literal["rows", "elements", "sum", "none"] = "rows",
    rows: Mask[Tensor, "..."] | None = None,
) -> Scalar:
    r"""Kullback-Leibler divergence of the guess from the target, target first.

    $$ \mathrm{KL}(p \,\|\, q) = \sum_k p_k \log \frac{p_k}{q_k} $$

    Softmaxes that feed it are lowered to `kl_log`, which can't underflow.

    Args:
        target: $p$, what should be guessed.
        guess: $q$.
        reduce: `rows` sums over classes and averages over rows, `elements` averages over
            both, `sum` sums over both, `none` leaves one number for each row.
        rows: a mask of the rows that count; averages are over these. None counts: 0.

    Shapes:
        target and guess (b, k): a number, or (b) with `reduce=none`.

    Units:
        nats; 0 where both agree.

    Errors:
        infinite where the guess rules out what the target allows.

    Source:
        Kullback, Leibler. On Information and Sufficiency, 1951. Annals of Mathematical
        Statistics 22(1). As a loss on soft targets: Hinton, Vinyals, Dean. Distilling
        the Knowledge in a Neural Network, 2015. arXiv:1503.02531, section 2.
    """
    target, guess = kept(target, rows, 0.0), kept(guess, rows, 1.0)
    out = target == 0
    p = torch.where(out, 1.0, target)
    q = torch.where(out, 1.0, guess)
    each = (p * (p.log() - q.log())).sum(dim=-1)
    return gathered(each, reduce, rows, width=target.shape[-1])


@primitive(shape="rows", several="target")
def kl_log(
    target: LogDistribution[Tensor, "... k"],
    guess: LogDistribution[Tensor, "... k"],
    *,
    reduce: Literal["rows", "elements", "sum", "none"] = "rows",
    rows: Mask[Tensor, "..."] | None = None,
) -> Scalar:
    r"""`kl` of distributions that are given by their logarithms.

    $$ \sum_k e^{u_k} (u_k - v_k), \qquad u = \log p,\; v = \log q $$

    Args:
        target: $\log p$, what should be guessed.
        guess: $\log q$.
        reduce: as in `kl`.
        rows: as in `kl`.

    Shapes:
        target and guess (b, k): a number, or (b) with `reduce=none`.

    Units:
        nats; 0 where both agree.

    Errors:
        infinite where the guess is −∞ and the target is not.

    Source:
        Kullback, Leibler. On Information and Sufficiency, 1951. Annals of Mathematical
        Statistics 22(1).
    """
    target, guess = kept(target, rows, -torch.inf), kept(guess, rows, 0.0)
    out = target == -torch.inf
    u = torch.where(out, 0.0, target)
    v = torch.where(out, 0.0, guess)
    each = (u.exp() * (u - v)).sum(dim=-1)
    return gathered(each, reduce, rows, width=target.shape[-1])


@primitive(several="p")
def entropy(p: Distribution[Tensor, "... k"]) -> Values[Tensor, "..."]:
    r"""How undecided a distribution is.

    $$ H(p) = -\sum_k p_k \log p_k $$

    Args:
        p: probabilities along the last axis.

    Shapes:
        (b, k) → (b): one value for each row; `mean(entropy(p))` is their mean.

    Units:
        nats, from 0 (certain) to log k (even).

    Errors:
        a negative probability makes it NaN.

    Source:
        Shannon. A Mathematical Theory of Communication, 1948. Bell System Technical
        Journal 27, section 6.
    """
    p = torch.where(p == 0, 1.0, p)
    return -(p * p.log()).sum(dim=-1)
