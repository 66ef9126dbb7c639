"""ICKD and TaT in plain PyTorch, from their formulas: what ours and its gradient must equal.

Nothing is shared with the package: sums over places are written as `einsum`, cells are cut one
by one. Teacher first.
"""

from __future__ import annotations

import torch
from torch import Tensor


def batch_norm(f: Tensor) -> Tensor:
    mean = f.mean((0, 2, 3), keepdim=True)
    variance = ((f - mean) ** 2).mean((0, 2, 3), keepdim=True)
    return (f - mean) / torch.sqrt(variance + 1e-5)


def projected(f: Tensor, weight: Tensor) -> Tensor:
    """A convolution without bias that keeps the size, then batch norm at its start."""
    side = weight.shape[-1]
    edge = side // 2
    padded = torch.nn.functional.pad(f, (edge,) * 4)
    _, _, h, w = f.shape
    made = sum(
        torch.einsum("oc,bchw->bohw", weight[:, :, i, j], padded[:, :, i : i + h, j : j + w])
        for i in range(side)
        for j in range(side)
    )
    return batch_norm(made)


def correlations(f: Tensor, *, unit: bool) -> Tensor:
    made = torch.einsum("bihw,bjhw->bij", f, f)
    return made / made.pow(2).sum(2, keepdim=True).sqrt() if unit else made


def ickd(t: Tensor, e: Tensor, form: str) -> Tensor:
    """Liu et al., 2021: `cifar` and `imagenet` as released, `paper` as its equations."""
    b, c = t.shape[:2]
    one, two = (correlations(f, unit=form != "paper") for f in (e, t))
    total = ((one - two) ** 2).sum()
    return total / {"cifar": c * b, "imagenet": c * b * b, "paper": c * c * b}[form]


def cells(f: Tensor, n: int, m: int) -> list[Tensor]:
    """The cells of all images, each of shape (b, c, h/n, w/m)."""
    h, w = f.shape[2] // n, f.shape[3] // m
    return [f[:, :, i * h : (i + 1) * h, j * w : (j + 1) * w] for i in range(n) for j in range(m)]


def ickd_cells(t: Tensor, e: Tensor, n: int) -> Tensor:
    """A sum over cells of the released ImageNet form."""
    pairs = zip(cells(t, n, n), cells(e, n, n), strict=True)
    return sum((ickd(one, two, "imagenet") for one, two in pairs), torch.zeros(()))


def attended(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Each place of q asks all places of k; the weights of one asking sum to one."""
    grades = torch.einsum("bchw,bcuv->bhwuv", q, k).exp()
    weights = grades / grades.sum((3, 4), keepdim=True)
    return torch.einsum("bhwuv,bduv->bdhw", weights, v)


def tat(q: Tensor, k: Tensor, v: Tensor, t: Tensor, heads: int = 1) -> Tensor:
    """Lin et al., 2022, as released: mean over all elements."""
    parts = zip(*(one.chunk(heads, dim=1) for one in (q, k, v, t)), strict=True)
    errors = [(attended(a, b, c) - d) ** 2 for a, b, c, d in parts]
    return torch.cat(errors, dim=1).mean()


def tat_dense(q: Tensor, k: Tensor, v: Tensor, t: Tensor, n: int, heads: int, side: int) -> Tensor:
    """1·(groups of patches) + 0.4·(averages of side × side)."""
    stacked = [torch.cat(cells(f, n, n), dim=1) for f in (q, k, v, t)]
    averaged = [
        f.unflatten(3, (-1, side)).unflatten(2, (-1, side)).mean((3, 5)) for f in (q, k, v, t)
    ]
    return tat(*stacked, heads) + 0.4 * tat(*averaged)
