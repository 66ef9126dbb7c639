"""Losses on logits in plain torch, in double precision: values and gradients that ours must have.

Written from the papers and their released code, with nothing shared with the package and no
thought of stable forms. Teacher first.
"""

from __future__ import annotations

from torch import Tensor


def softmax(z: Tensor) -> Tensor:
    """Probabilities along the last axis."""
    e = z.exp()
    return e / e.sum(-1, keepdim=True)


def soft_ce(t: Tensor, s: Tensor, temperature: float = 4.0) -> Tensor:
    """Hinton, Vinyals, Dean, 2015: cross-entropy of softened answers, mean over rows."""
    each = -softmax(t / temperature) * softmax(s / temperature).log()
    return temperature**2 * each.sum() / len(t)


def brier(t: Tensor, s: Tensor) -> Tensor:
    """Stanton et al., 2021: mean over rows and classes."""
    return ((softmax(s) - softmax(t)) ** 2).sum() / t.numel()


def symmetric_kl(t: Tensor, s: Tensor) -> Tensor:
    """Stanton et al., 2021: both directions, mean over rows each."""
    p, q = softmax(t), softmax(s)
    return ((p * (p / q).log()).sum() + (q * (q / p).log()).sum()) / len(t)
