"""The same numbers in another shape, or fewer of them from larger maps."""

from __future__ import annotations

from math import isqrt

import torch
import torch.nn.functional as F
from torch import Tensor

from kdgraph.knobs import Count, Several
from kdgraph.primitive import primitive
from kdgraph.sorts import Distribution, Labels, Map, Tokens, Values


@primitive(shape="flatten")
def flatten(v: Values[Tensor, "b ..."], *, keep: Count = 1) -> Values[Tensor, "b d"]:
    r"""All axes but the first made one.

    $$ (b, c, h, w) \to (b, c \cdot h \cdot w) $$

    Args:
        v: any values.
        keep: how many axes at the front stay; 2 keeps the channels of a map.

    Shapes:
        (b, c, h, w) → (b, c·h·w), or (b, c, h·w) with `keep=2`.

    Units:
        those of `v`.

    Errors:
        `v` has at least `keep` axes; with no more than these a last axis of size 1 is added.

    Source:
        elementary.
    """
    return torch.flatten(v.unsqueeze(-1), start_dim=keep)


@primitive(shape="concat", sort="same")
def concat(*parts: Values[Tensor | float, "..."], over: int = 0) -> Values[Tensor, "..."]:
    r"""Values one after the other.

    $$ [v_1;\, v_2;\, \ldots] $$

    Args:
        *parts: values that agree in every other axis; a number counts as a vector of one.
        over: the axis to join along, the first unless told.

    Shapes:
        (b, d) and (c, d) → (b+c, d).

    Units:
        those of the parts.

    Errors:
        at least one part has axes.

    Source:
        elementary.
    """
    like = next(one for one in parts if isinstance(one, Tensor))
    wide = torch.float64 if like.is_floating_point() else like.dtype  # 1e100 is infinite in float32
    made = [
        one if isinstance(one, Tensor) else like.new_full((1,), one, dtype=wide).to(like.dtype)
        for one in parts
    ]
    return torch.cat([one if one.ndim else one.unsqueeze(0) for one in made], dim=over)


@primitive(shape="grid")
def grid(tokens: Tokens[Tensor, "b s d"]) -> Map[Tensor, "b d ..."]:
    r"""Tokens as a map: one place for each, row by row, in a square.

    $$ (b, s^2, d) \to (b, d, s, s) $$

    What is made for maps then takes a transformer's tokens. A class token is split off first:
    `grid(teacher.blocks[5][:, 1:])`.

    Args:
        tokens: one vector for each place, those of the first row of places first.

    Shapes:
        (b, s², d) → (b, d, s, s).

    Units:
        those of the tokens.

    Errors:
        the places make a square.

    Source:
        Dosovitskiy et al. An Image is Worth 16x16 Words, 2020. arXiv:2010.11929: the order of
        its patches.
    """
    side = isqrt(tokens.shape[1])
    return tokens.transpose(1, 2).unflatten(2, (side, side))


@primitive
def channels_first(v: Values[Tensor, "b h w c"]) -> Map[Tensor, "b c h w"]:
    r"""A map whose network keeps the channels last, as maps are here.

    $$ (b, h, w, c) \to (b, c, h, w) $$

    Shifted-window transformers keep their stages so: `channels_first(teacher.layers[2])`.

    Args:
        v: vectors over height and width.

    Shapes:
        (b, h, w, c) → (b, c, h, w).

    Units:
        those of `v`.

    Errors:
        none; that axes are in this order can't be seen in a value.

    Source:
        elementary.
    """
    return v.permute(0, 3, 1, 2)


@primitive
def pool(map: Map[Tensor, "b c h w"], size: Count) -> Map[Tensor, "b c size size"]:  # noqa: A002 - the word
    r"""A map averaged down to a square of cells.

    $$ \frac{1}{|\mathrm{cell}|} \sum_{(h, w) \in \mathrm{cell}} F_{bchw} $$

    Args:
        map: feature maps.
        size: cells along each side; 1 is the global average.

    Shapes:
        (b, c, h, w) → (b, c, size, size).

    Units:
        those of the map.

    Errors:
        none; cells overlap by a row where `size` doesn't divide the map.

    Source:
        He, Zhang, Ren, Sun. Spatial Pyramid Pooling in Deep Convolutional Networks, 2014.
        arXiv:1406.4729, section 2.
    """
    return F.adaptive_avg_pool2d(map, size)


@primitive(shape="shrink")
def shrink(
    map: Map[Tensor, "b c h w"],  # noqa: A002 - the word
    like: Map[Tensor, "n m p q"],
) -> Map[Tensor, "b c ..."]:
    r"""A map averaged down to the height and width of another, where it is the larger.

    $$ (b, c, h, w), (\cdot, \cdot, h', w') \to (b, c, \min(h, h'), \min(w, w')) $$

    `shrink(a, b)` and `shrink(b, a)` have one size: the smaller of both.

    Args:
        map: feature maps.
        like: feature maps of the size to come down to; only their size is used.

    Shapes:
        (b, c, h, w) and (n, m, p, q) → (b, c, min(h, p), min(w, q)).

    Units:
        those of the map.

    Errors:
        none; a map that is already as small comes back as it is.

    Source:
        Zagoruyko, Komodakis. Paying More Attention to Attention, 2016. arXiv:1612.03928,
        with the pooling of: Tian, Krishnan, Isola. Contrastive Representation
        Distillation, 2019. arXiv:1910.10699 (released code).
    """
    *_, high, wide = map.shape
    *_, below, beside = like.shape
    if high <= below and wide <= beside:
        return map
    return F.adaptive_avg_pool2d(map, (min(high, below), min(wide, beside)))


@primitive
def resample(
    map: Map[Tensor, "b c h w"],  # noqa: A002 - the word
    like: Map[Tensor, "n m p q"],
) -> Map[Tensor, "b c p q"]:
    r"""A map at the height and width of another, each cell the nearest of the map.

    $$ O_{ij} = F_{\lfloor i h/p \rfloor, \lfloor j w/q \rfloor} $$

    Args:
        map: feature maps.
        like: feature maps of the size to come to; only their size is used.

    Shapes:
        (b, c, h, w) and (n, m, p, q) → (b, c, p, q).

    Units:
        those of the map.

    Errors:
        none; where it gets smaller, cells are left out and not averaged: see `shrink`.

    Source:
        as in the fusion of stages: Chen, Liu, Zhao, Jia. Distilling Knowledge via Knowledge
        Review, 2021. arXiv:2104.09044, section 3.2.
    """
    if map.shape[2:] == like.shape[2:]:
        return map
    return F.interpolate(map, like.shape[2:], mode="nearest")


@primitive
def as_map(v: Values[Tensor, "b d"]) -> Map[Tensor, "b d 1 1"]:
    r"""Vectors as maps of one cell, so that what works on maps works on them.

    $$ (b, d) \to (b, d, 1, 1) $$

    Args:
        v: a vector a row, such as `student.features`.

    Shapes:
        (b, d) → (b, d, 1, 1).

    Units:
        those of `v`.

    Errors:
        none.

    Source:
        elementary.
    """
    return v[:, :, None, None]


@primitive
def onehot(labels: Labels[Tensor, "..."], classes: Several) -> Distribution[Tensor, "... classes"]:
    r"""Labels as certain distributions.

    $$ e_y, \qquad (e_y)_k = [k = y] $$

    Args:
        labels: classes, counted from 0.
        classes: how many there are; of one alone everything would be certain.

    Shapes:
        (b) → (b, classes).

    Units:
        labels → probabilities.

    Errors:
        a label outside 0 … classes−1 is an index error on a CPU.

    Source:
        elementary.
    """
    return F.one_hot(labels, classes).to(torch.get_default_dtype())
