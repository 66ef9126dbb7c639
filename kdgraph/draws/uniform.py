"""Random numbers for each image: for masks, mixtures, and whatever else is left to chance."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from torch import Tensor

from kdgraph.draws.draw import Source, draw
from kdgraph.knobs import Count
from kdgraph.sorts import Values


@draw(shape="each", numbered=True)
def uniform(
    view: Values[Tensor, "b ..."], *sizes: Count, source: Source
) -> Values[Tensor, "b ..."]:
    r"""Numbers between 0 and 1, drawn anew for each image in each epoch.

    $$ u \sim U(0, 1) $$

    `uniform(x, 1, h, w) >= 0.65` is a mask that hides 65 % of the places of a map, and
    `uniform(x, c, 1, 1) >= 0.65` one that hides channels. The draw is a function of the seed,
    the stage, the epoch, the example, the row within the image and the place in the recipe, so
    order, batch size and ranks do not change it.

    Args:
        view: a view, such as `x`: there is one draw for each of its rows. Its pixels don't
            matter.
        *sizes: the axes of each row's draw, at least one.
        source: filled in: the randomness.

    Shapes:
        (b, …) → (b, *sizes).

    Units:
        none; multiples of 2⁻²⁴ in single precision.

    Errors:
        `view` is a view or `i`, not a value that is computed.

    Source:
        Steele, Lea, Flood. Fast splittable pseudorandom number generators, 2014.
        doi:10.1145/2660193.2660195. As a mask: Yang, Li, Shao, Shi, Yuan, Yuan. Masked
        Generative Distillation, 2022. arXiv:2205.01529.
    """
    rows = len(view) // len(source.examples)
    drawn = replace(source.randomness, rows=rows).uniform(prod(sizes))
    return drawn.reshape(len(view), *sizes)
