"""How far one distribution is from another, and how spread one is.

0·log 0 counts as 0, in value and in gradient: the terms of an impossible class are left out
of the computation (`where` on the way in as well as on the way out). A word with the flag
`log` is lowered to the word it names where softmaxes feed it; `turned` exchanges the sides.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from kdgraph.losses.rows import gathered, kept
from kdgraph.primitive import primitive
from kdgraph.sorts import Distribution, LogDistribution, Mask, Scalar, Values


@primitive(shape="rows", several="target", directed=True, log="kl_log")
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
    return gathered(apart(target, guess), reduce, rows, width=target.shape[-1])


@primitive(shape="rows", several="target", directed=True)
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
    return gathered(apart_log(target, guess), reduce, rows, width=target.shape[-1])


@primitive(shape="rows", several="target", directed=True, log="kl_log", turned=True)
def reverse_kl(
    target: Distribution[Tensor, "... k"],
    guess: Distribution[Tensor, "... k"],
    *,
    reduce: Literal["rows", "elements", "sum", "none"] = "rows",
    rows: Mask[Tensor, "..."] | None = None,
) -> Scalar:
    r"""Kullback-Leibler divergence of the target from the guess, target first.

    $$ \mathrm{KL}(q \,\|\, p) = \sum_k q_k \log \frac{q_k}{p_k} $$

    The guess gives up what the target makes unlikely before it covers what the target makes
    likely. Softmaxes that feed it are taken in log-space, which can't underflow.

    Args:
        target: $p$, such as the teacher's answer.
        guess: $q$, such as the student's.
        reduce: as in `kl`.
        rows: as in `kl`.

    Shapes:
        target and guess (b, k): a number, or (b) with `reduce=none`. Further axes between b
        and k, such as tokens, are rows too.

    Units:
        nats; 0 where both agree.

    Errors:
        infinite where the target rules out what the guess allows.

    Source:
        Gu, Dong, Wei, Huang. MiniLLM: Knowledge Distillation of Large Language Models, 2023.
        arXiv:2306.08543, section 2.1.
    """
    return kl(guess, target, reduce=reduce, rows=rows)


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


def apart(p: Tensor, q: Tensor) -> Tensor:
    r"""$\mathrm{KL}(p \,\|\, q)$ of each row, of probabilities."""
    out = p == 0
    p, q = torch.where(out, 1.0, p), torch.where(out, 1.0, q)
    return (p * (p.log() - q.log())).sum(dim=-1)


def apart_log(u: Tensor, v: Tensor) -> Tensor:
    r"""$\mathrm{KL}(p \,\|\, q)$ of each row, of $u = \log p$ and $v = \log q$."""
    out = u.exp() == 0  # impossible, or so unlikely that it counts nothing
    u, v = torch.where(out, 0.0, u), torch.where(out, 0.0, v)
    return (u.exp() * (u - v)).sum(dim=-1)
