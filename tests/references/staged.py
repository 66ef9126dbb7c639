"""Losses of methods in stages, restated in plain PyTorch, so that their gradients can be compared.

Written to be read beside the papers, place by place where that is clearest.
"""

from __future__ import annotations

import torch
from torch import Tensor


def averaged(f: Tensor, side: int) -> Tensor:
    """Averaged down to side × side, by whole cells."""
    b, c, h, _ = f.shape
    return f.reshape(b, c, side, h // side, side, h // side).mean(dim=(3, 5))


def fsp(t: Tensor, u: Tensor, s: Tensor, v: Tensor) -> Tensor:
    """Yim et al., 2017: matrices of products, mean over places."""
    side = min(t.shape[2], u.shape[2])
    t, u, s, v = (averaged(f, side) for f in (t, u, s, v))
    teacher = torch.einsum("bchw,bdhw->bcd", t, u) / side**2
    student = torch.einsum("bchw,bdhw->bcd", s, v) / side**2
    return ((teacher - student) ** 2).mean()


def ab(t: Tensor, s: Tensor, margin: float = 1.0) -> Tensor:
    """Heo et al., 2019: four cases of two signs, by the released code's factor."""
    should, low, high = t > 0, s <= margin, s > -margin
    below = ((s - margin) ** 2)[should & low].sum()
    above = ((s + margin) ** 2)[~should & high].sum()
    return (below + above) / len(s) / 1000 * 3


def factor(f: Tensor) -> Tensor:
    """Squares, mean over channels, each image to length 1."""
    flat = (f**2).mean(dim=1).flatten(1)
    return flat / flat.norm(dim=1, keepdim=True)


def ft(t: Tensor, s: Tensor) -> Tensor:
    """Kim, Park, Kwak, 2018, with squares inside and absolute differences outside."""
    side = min(t.shape[2], s.shape[2])
    return (factor(averaged(t, side)) - factor(averaged(s, side))).abs().mean()


def hcl(t: Tensor, s: Tensor) -> Tensor:
    """Chen et al., 2021: levels of 4, 2 and 1 cells, each half of the one before."""
    total, weight, weights = ((t - s) ** 2).mean(), 1.0, 1.0
    for side in (4, 2, 1):
        if side < s.shape[2]:
            weight /= 2
            weights += weight
            total = total + weight * ((averaged(t, side) - averaged(s, side)) ** 2).mean()
    return total / weights


def fused(s: Tensor, r: Tensor, weights: dict[str, Tensor]) -> Tensor:
    """Chen et al., 2021, figure 3: one stage, after batch norm, and what came from deeper.

    `weights` are the 1×1 convolutions: `v` of the stage; `p` and `q`, and their biases `pb` and
    `qb`, of both together.
    """
    v = torch.einsum("dc,bchw->bdhw", weights["v"], s)
    mean, variance = v.mean((0, 2, 3), True), v.var((0, 2, 3), False, keepdim=True)
    v = (v - mean) / torch.sqrt(variance + 1e-5)
    _, _, height, width = v.shape
    rows = torch.arange(height) * r.shape[2] // height
    columns = torch.arange(width) * r.shape[3] // width
    u = r[:, :, rows][:, :, :, columns]
    both = torch.cat([v, u], dim=1)
    p, q = (
        torch.sigmoid(torch.einsum("c,bchw->bhw", weights[name], both) + weights[f"{name}b"])
        for name in ("p", "q")
    )
    return p[:, None] * v + q[:, None] * u
