"""Divergences from a mixture of both sides: finite, and as smooth as the mixture makes them.

As in `divergence.py`, 0·log 0 counts as 0, and each word has a twin in log-space.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

from kdgraph.knobs import Share
from kdgraph.losses.divergence import apart, apart_log
from kdgraph.losses.rows import gathered, kept
from kdgraph.primitive import primitive
from kdgraph.sorts import Distribution, LogDistribution, Mask, Scalar


@primitive(shape="rows", several="target", log="jsd_log")
def jsd(
    target: Distribution[Tensor, "... k"],
    guess: Distribution[Tensor, "... k"],
    beta: Share = 0.5,
    *,
    reduce: Literal["rows", "elements", "sum", "none"] = "rows",
    rows: Mask[Tensor, "..."] | None = None,
) -> Scalar:
    r"""Generalised Jensen-Shannon divergence of two distributions, target first.

    $$ \beta\,\mathrm{KL}(p \,\|\, m) + (1 - \beta)\,\mathrm{KL}(q \,\|\, m), \qquad
       m = \beta p + (1 - \beta) q $$

    It is 0 at both ends: β of 0.01 is about a hundredth of `kl`, and β of 0.99 of
    `reverse_kl`. Those are words of their own.

    Args:
        target: $p$, such as the teacher's answer.
        guess: $q$, such as the student's.
        beta: $\beta$, the share of the target in the mixture.
        reduce: as in `kl`.
        rows: as in `kl`.

    Shapes:
        target and guess (b, k): a number, or (b) with `reduce=none`. Further axes between b
        and k, such as tokens, are rows too.

    Units:
        nats, from 0 where both agree to at most log 2.

    Errors:
        none; it is finite also where one side rules out what the other allows.

    Source:
        Agarwal, Vieillard, Zhou et al. On-Policy Distillation of Language Models: Learning
        from Self-Generated Mistakes, 2023. arXiv:2306.13649, equation 1.
    """
    target, guess = kept(target, rows, 0.0), kept(guess, rows, 0.0)
    mixed = beta * target + (1 - beta) * guess
    each = beta * apart(target, mixed) + (1 - beta) * apart(guess, mixed)
    return gathered(each, reduce, rows, width=target.shape[-1])


@primitive(shape="rows", several="target")
def jsd_log(
    target: LogDistribution[Tensor, "... k"],
    guess: LogDistribution[Tensor, "... k"],
    beta: Share = 0.5,
    *,
    reduce: Literal["rows", "elements", "sum", "none"] = "rows",
    rows: Mask[Tensor, "..."] | None = None,
) -> Scalar:
    r"""`jsd` of distributions that are given by their logarithms.

    $$ \beta\,\mathrm{KL}(e^u \,\|\, m) + (1 - \beta)\,\mathrm{KL}(e^v \,\|\, m), \qquad
       m = \beta e^u + (1 - \beta) e^v $$

    Args:
        target: $u = \log p$.
        guess: $v = \log q$.
        beta: as in `jsd`.
        reduce: as in `kl`.
        rows: as in `kl`.

    Shapes:
        target and guess (b, k): a number, or (b) with `reduce=none`.

    Units:
        nats, from 0 where both agree to at most log 2.

    Errors:
        none.

    Source:
        as `jsd`.
    """
    target, guess = kept(target, rows, -torch.inf), kept(guess, rows, -torch.inf)
    mixed = _mixed(target, guess, beta)
    each = beta * apart_log(target, mixed) + (1 - beta) * apart_log(guess, mixed)
    return gathered(each, reduce, rows, width=target.shape[-1])


@primitive(shape="rows", several="target", directed=True, log="skew_kl_log")
def skew_kl(
    target: Distribution[Tensor, "... k"],
    guess: Distribution[Tensor, "... k"],
    skew: Share = 0.1,
    *,
    reduce: Literal["rows", "elements", "sum", "none"] = "rows",
    rows: Mask[Tensor, "..."] | None = None,
) -> Scalar:
    r"""Divergence of the guess, mixed with some of the target, from the target.

    $$ \mathrm{KL}\bigl(p \,\|\, \lambda p + (1 - \lambda) q\bigr) $$

    With λ 0 it is `kl`. The released code leaves out the entropy of the target, which has no
    gradient for the guess.

    Args:
        target: $p$, such as the teacher's answer.
        guess: $q$, such as the student's.
        skew: $\lambda$, the share of the target in the mixture.
        reduce: as in `kl`.
        rows: as in `kl`.

    Shapes:
        target and guess (b, k): a number, or (b) with `reduce=none`. Further axes between b
        and k, such as tokens, are rows too.

    Units:
        nats, from 0 where both agree to at most −log λ.

    Errors:
        none for λ above 0; then it is finite whatever the guess rules out.

    Source:
        Ko, Kim, Chen, Yun. DistiLLM: Towards Streamlined Distillation for Large Language
        Models, 2024. arXiv:2402.03898, section 3.1.
    """
    target, guess = kept(target, rows, 0.0), kept(guess, rows, 0.0)
    mixed = skew * target + (1 - skew) * guess
    return gathered(apart(target, mixed), reduce, rows, width=target.shape[-1])


@primitive(shape="rows", several="target", directed=True)
def skew_kl_log(
    target: LogDistribution[Tensor, "... k"],
    guess: LogDistribution[Tensor, "... k"],
    skew: Share = 0.1,
    *,
    reduce: Literal["rows", "elements", "sum", "none"] = "rows",
    rows: Mask[Tensor, "..."] | None = None,
) -> Scalar:
    r"""`skew_kl` of distributions that are given by their logarithms.

    $$ \mathrm{KL}\bigl(e^u \,\|\, \lambda e^u + (1 - \lambda) e^v\bigr) $$

    Args:
        target: $u = \log p$.
        guess: $v = \log q$.
        skew: as in `skew_kl`.
        reduce: as in `kl`.
        rows: as in `kl`.

    Shapes:
        target and guess (b, k): a number, or (b) with `reduce=none`.

    Units:
        nats, from 0 where both agree to at most −log λ.

    Errors:
        none for λ above 0.

    Source:
        as `skew_kl`.
    """
    target, guess = kept(target, rows, -torch.inf), kept(guess, rows, -torch.inf)
    mixed = _mixed(target, guess, skew)
    return gathered(apart_log(target, mixed), reduce, rows, width=target.shape[-1])


@primitive(shape="rows", several="target", directed=True, log="skew_kl_log", turned=True)
def skew_reverse_kl(
    target: Distribution[Tensor, "... k"],
    guess: Distribution[Tensor, "... k"],
    skew: Share = 0.1,
    *,
    reduce: Literal["rows", "elements", "sum", "none"] = "rows",
    rows: Mask[Tensor, "..."] | None = None,
) -> Scalar:
    r"""Divergence of the target, mixed with some of the guess, from the guess.

    $$ \mathrm{KL}\bigl(q \,\|\, \lambda q + (1 - \lambda) p\bigr) $$

    With λ 0 it is `reverse_kl`.

    Args:
        target: $p$, such as the teacher's answer.
        guess: $q$, such as the student's.
        skew: $\lambda$, the share of the guess in the mixture.
        reduce: as in `kl`.
        rows: as in `kl`.

    Shapes:
        target and guess (b, k): a number, or (b) with `reduce=none`. Further axes between b
        and k, such as tokens, are rows too.

    Units:
        nats, from 0 where both agree to at most −log λ.

    Errors:
        none for λ above 0; then it is finite whatever the target rules out.

    Source:
        Ko, Kim, Chen, Yun. DistiLLM: Towards Streamlined Distillation for Large Language
        Models, 2024. arXiv:2402.03898, section 3.1.
    """
    return skew_kl(guess, target, skew, reduce=reduce, rows=rows)


def _mixed(u: Tensor, v: Tensor, share: float) -> Tensor:
    r"""$\log(\lambda e^u + (1 - \lambda) e^v)$; −∞, without a gradient, where both are."""
    if share in {0, 1}:
        return u if share else v
    out = (u == -torch.inf) & (v == -torch.inf)
    u, v = torch.where(out, 0.0, u), torch.where(out, 0.0, v)
    mixed = torch.logaddexp(u + math.log(share), v + math.log1p(-share))
    return torch.where(out, -torch.inf, mixed)
