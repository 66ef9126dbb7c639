"""Which other examples an example is told apart from."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from kdgraph.draws.distinct import distinct, spaced
from kdgraph.draws.draw import Source, draw
from kdgraph.knobs import Count
from kdgraph.sorts import Labels


@draw(shape="beside", pool=True)
def negatives(
    i: Labels[Tensor, "b"],
    k: Count,
    *,
    other: Labels[Tensor, "b"] | None = None,
    source: Source,
    mode: Literal["exact", "relax"] = "exact",
    replace: bool = False,
    spread: bool = False,
) -> Labels[Tensor, "b n"]:
    r"""Each example's own number, and the numbers of k others.

    $$ J_{b0} = i_b, \qquad J_{b1}, \dots, J_{bk} \sim \{\, j : y_j \ne y_{i_b} \,\} $$

    All sets of k others are equally likely. The draw is a function of the seed, the stage, the
    epoch and the example, so order, batch size and ranks do not change it; a CPU and a GPU
    draw differently.

    Args:
        i: the numbers of the batch's examples.
        k: how many others.
        other: labels; others are then of other classes. Without it all examples but the own
            one are others, as where there are no labels.
        source: filled in: the randomness, and the training examples by class.
        mode: with `relax` the first column is any example of the same class.
        replace: draw with replacement, so that k may be larger than the pool.
        spread: draw a start and a prime step in place of a set. Each other is as likely as
            before, and it costs next to nothing, but those of one row depend on each other.

    Shapes:
        (b) → (b, k + 1).

    Units:
        none.

    Errors:
        without replacement k must not be above the number of others; `other` needs the labels
        of all training examples, and `relax` needs `other`.

    Source:
        Tian, Krishnan, Isola. Contrastive Representation Distillation, 2019.
        arXiv:1910.10699, and the data set classes of the authors' code.
    """
    pool, randomness = source.pool, source.randomness
    assert pool is not None
    room = pool.room(i, other)
    if replace:
        places = randomness.integers(1 << 31, k) * room[:, None] >> 31
    elif spread:
        places = spaced(randomness, room, k, pool.others)
    else:
        places = distinct(randomness, room, k, max(pool.others))
    first = i
    if mode == "relax":
        assert other is not None
        first = pool.alike(randomness.apart().uniform(1)[:, 0], other)
    return torch.cat([first[:, None], pool.other(places, i, other)], dim=1)
