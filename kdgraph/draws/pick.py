"""One of several entries of each row, drawn."""

from __future__ import annotations

from torch import Tensor

from kdgraph.draws.draw import Source, draw
from kdgraph.sorts import Values


@draw(sort="same")
def pick(rows: Values[Tensor, "b k"], *, source: Source) -> Values[Tensor, "b"]:
    r"""One entry of each row, each as likely as the others.

    $$ j_b \sim U\{ r_{b1}, \dots, r_{bk} \} $$

    The draw is a function of the seed, the stage, the epoch and the example, so order, batch
    size and ranks do not change it. It is made before the step, so `rows` is what is known
    then: rows of a table that a stage has computed, or another draw.

    Args:
        rows: what to pick from.
        source: filled in: the randomness.

    Shapes:
        (b, k) → (b).

    Units:
        those of `rows`.

    Errors:
        none.

    Source:
        Xu, Fang, Zhang, Xie et al. Bag of Instances Aggregation Boosts Self-supervised
        Distillation, 2021. arXiv:2107.01691, section 3.3.
    """
    place = source.randomness.integers(rows.shape[1], 1)
    return rows.gather(1, place)[:, 0]
