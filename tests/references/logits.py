"""Losses on logits in plain torch, in double precision: values and gradients that ours must have.

Written from the papers and their released code, with nothing shared with the package and no
thought of stable forms. Teacher first.
"""

from __future__ import annotations

import torch
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


def cross_entropy(s: Tensor, y: Tensor, smoothing: float = 0.0) -> Tensor:
    """Szegedy et al., 2015: a share of the target is spread over all classes."""
    target = (1 - smoothing) * hit(s, y) + smoothing / s.shape[-1]
    return -(target * softmax(s).log()).sum() / len(s)


def hit(z: Tensor, y: Tensor) -> Tensor:
    """1 at the true class, 0 elsewhere."""
    return (torch.arange(z.shape[-1]) == y[:, None]).to(z.dtype)


def kd(t: Tensor, s: Tensor, temperature: float = 4.0) -> Tensor:
    """Hinton, Vinyals, Dean, 2015: batch mean, class sum, times T²."""
    p, q = softmax(t / temperature), softmax(s / temperature)
    return temperature**2 * (p * (p / q).log()).sum() / len(t)


def tckd(t: Tensor, s: Tensor, y: Tensor, temperature: float = 4.0) -> Tensor:
    """Zhao et al., 2022: the true class against all others, as released."""
    own = hit(s, y)
    p, q = (softmax(z / temperature) for z in (t, s))
    pairs = [((a * own).sum(-1), (b * own).sum(-1)) for a, b in ((p, q), (1 - p, 1 - q))]
    each = sum(a * (a / b).log() for a, b in pairs)
    return temperature**2 * torch.as_tensor(each).mean()


def nckd(t: Tensor, s: Tensor, y: Tensor, temperature: float = 4.0) -> Tensor:
    """Zhao et al., 2022: the true class put out of the way by 1000, as released."""
    p, q = (softmax(z / temperature - 1000 * hit(s, y)) for z in (t, s))
    out = hit(s, y) > 0
    each = p * (p.masked_fill(out, 1) / q.masked_fill(out, 1)).log()
    return temperature**2 * each.sum() / len(t)


def dkd(t: Tensor, s: Tensor, y: Tensor) -> Tensor:
    """Zhao et al., 2022: both, the second eight times."""
    return tckd(t, s, y) + 8 * nckd(t, s, y)


def standardise(z: Tensor) -> Tensor:
    """Sun et al., 2024: by the unbiased deviation, as released."""
    return (z - z.mean(-1, keepdim=True)) / (z.std(-1, keepdim=True) + 1e-7)


def dist(t: Tensor, s: Tensor, temperature: float = 4.0) -> Tensor:
    """Huang et al., 2022: within rows and within classes."""
    p, q = softmax(t / temperature), softmax(s / temperature)

    def apart(axis: int) -> Tensor:
        a, b = (v - v.mean(axis, keepdim=True) for v in (p, q))
        lengths = (a * a).sum(axis).sqrt() * (b * b).sum(axis).sqrt()
        return 1 - ((a * b).sum(axis) / (lengths + 1e-8)).mean()

    return temperature**2 * (apart(-1) + apart(0))


def virtual(z: Tensor, y: Tensor, sure: float = 0.99) -> Tensor:
    """Yuan et al., 2019: a teacher that is always right, and never knows what else."""
    return hit(z, y) * sure + (1 - hit(z, y)) * (1 - sure) / (z.shape[-1] - 1)
