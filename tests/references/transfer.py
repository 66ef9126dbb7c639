"""Losses on features and relations, restated in torch from papers and released codes.

Written to be read beside them, over single images and pairs where that is plainer, with
nothing shared with the package; autograd gives their gradients. Teacher first.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

import torch
import torch.nn.functional as F
from torch import Tensor


def unit(v: Tensor) -> Tensor:
    return v / v.norm().clamp(min=1e-12)


def smaller(t: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
    """Both maps, the larger averaged down to the size of the smaller."""
    side = min(t.shape[2], s.shape[2])
    return F.adaptive_avg_pool2d(t, side), F.adaptive_avg_pool2d(s, side)


def hint(t: Tensor, s: Tensor, conv: Tensor, shift: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Romero et al., 2014: a 1×1 regressor with batch normalisation and ReLU."""
    t, s = smaller(t, s)
    f = torch.einsum("oc,bchw->bohw", conv.flatten(1), s) + shift[:, None, None]
    mean, var = f.mean((0, 2, 3), keepdim=True), f.var((0, 2, 3), unbiased=False, keepdim=True)
    f = (f - mean) / (var + 1e-5).sqrt() * scale[:, None, None] + bias[:, None, None]
    return ((f.relu() - t) ** 2).mean()


def at(t: Tensor, s: Tensor) -> Tensor:
    """Zagoruyko, Komodakis, 2016, image by image."""
    looks = [[unit((f**2).mean(0).flatten()) for f in maps] for maps in smaller(t, s)]
    return torch.stack([((p - q) ** 2).mean() for p, q in zip(*looks, strict=True)]).mean()


def nst(t: Tensor, s: Tensor) -> Tensor:
    """Huang, Wang, 2017: channel by channel, with the kernel ⟨a, b⟩²."""

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        pairs = product(a.flatten(1), b.flatten(1))
        return torch.stack([(unit(p) @ unit(q)) ** 2 for p, q in pairs]).mean()

    images = zip(*smaller(t, s), strict=True)
    return torch.stack([kernel(p, p) + kernel(q, q) - 2 * kernel(q, p) for p, q in images]).mean()


def vid(t: Tensor, s: Tensor, convs: Sequence[Tensor], raw: Tensor) -> Tensor:
    """Ahn et al., 2019: a Gaussian whose variance is one number a channel."""
    t, f = smaller(t, s)
    for number, conv in enumerate(convs):
        f = torch.einsum("oc,bchw->bohw", conv.flatten(1), f.relu() if number else f)
    variance = torch.log(1 + torch.exp(raw.flatten())) + 1e-5
    said = -torch.distributions.Normal(f, variance.sqrt()[:, None, None]).log_prob(t)
    return (said - torch.log(torch.tensor(2 * torch.pi, dtype=t.dtype)) / 2).mean()


def sp(t: Tensor, s: Tensor) -> Tensor:
    """Tung, Mori, 2019, row by row."""

    def rows(f: Tensor) -> Tensor:
        f = f.flatten(1)
        return torch.stack([unit(torch.stack([a @ b for b in f])) for a in f])

    return ((rows(t) - rows(s)) ** 2).sum() / len(t) ** 2


def huber(a: Tensor, b: Tensor) -> Tensor:
    e = (a - b).abs()
    return torch.where(e < 1, e**2 / 2, e - 0.5).mean()


def rkd_distance(t: Tensor, s: Tensor) -> Tensor:
    """Park et al., 2019, equations 5 to 7, over pairs of two images."""

    def spread(v: Tensor) -> Tensor:
        places = product(range(len(v)), repeat=2)
        d = torch.stack([(v[i] - v[j]).norm() if i != j else v[0, 0] * 0 for i, j in places])
        return d / d[d > 0].mean()

    return huber(spread(s), spread(t))


def rkd_angle(t: Tensor, s: Tensor) -> Tensor:
    """Park et al., 2019, equations 8 and 9: image i is the vertex; 0 where two are the same."""

    def cosines(v: Tensor) -> Tensor:
        made = []
        for i, j, k in product(range(len(v)), repeat=3):
            sides = i not in {j, k}
            made.append(unit(v[j] - v[i]) @ unit(v[k] - v[i]) if sides else v[0, 0] * 0)
        return torch.stack(made)

    return huber(cosines(s), cosines(t))


def pkt(t: Tensor, s: Tensor) -> Tensor:
    """Passalis, Tefas, 2018, over pairs; 1e-7 beside lengths and probabilities."""

    def near(v: Tensor) -> Tensor:
        v = torch.stack([a / ((a * a).sum().sqrt() + 1e-7) for a in v])
        k = torch.stack([torch.stack([(a @ b + 1) / 2 for b in v]) for a in v])
        return torch.stack([row / row.sum() for row in k])

    p, q = near(t), near(s)
    return (p * torch.log((p + 1e-7) / (q + 1e-7))).mean()


def cc(t: Tensor, s: Tensor, heads: Sequence[Tensor]) -> Tensor:
    """Peng et al., 2019, as released: what two neighbours of the batch are off by."""
    weight_t, bias_t, weight_s, bias_s = heads
    off = ((s @ weight_s.T + bias_s) - (t @ weight_t.T + bias_t)).abs()
    return torch.stack([a @ b for a, b in pairwise(off)]).mean()


def kdsvd(ts: Sequence[Tensor], ss: Sequence[Tensor]) -> Tensor:
    """Lee et al., 2018, as released with k = 1, image by image; signs by the sum of entries."""

    def directions(f: Tensor, count: int) -> list[Tensor]:
        _, _, right = torch.linalg.svd(f.flatten(1).T, full_matrices=False)
        return [w if w.sum() >= 0 else -w for w in right[:count]]

    def pair(t: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
        (main,) = directions(t, 1)
        best = max(directions(s, 4), key=lambda w: abs(float(w.detach() @ main.detach())))
        return main, best * torch.sign(best @ main)

    def bell(a: Tensor, b: Tensor) -> Tensor:
        return torch.exp(-((a[:, None] - b[None]) ** 2) / 8)

    total = torch.zeros((), dtype=ts[0].dtype)
    for image in range(len(ts[0])):
        stages = [pair(t[image], s[image]) for t, s in zip(ts, ss, strict=True)]
        for (before, seen), (after, later) in pairwise(stages):
            total = total + ((bell(later, seen) - bell(after, before)) ** 2).sum()
    return total / len(ts[0])
