"""How a function that draws becomes a word of the language.

    @draw
    def negatives(i: Labels[Tensor, "b"], k: Count, *, source: Source, …) -> Labels[…]: ...

Such a word is not part of the compiled program: the step calls it on the values of the batch
and hands its result in. `source` is filled in: the randomness, and what is known of the data.
With `@draw(step=True)` a word draws once a step for the whole batch, and not for its images.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from torch import Tensor

from kdgraph.draws.pool import Pool
from kdgraph.primitive import word
from kdgraph.views.draw import Draw

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, eq=False)
class Source:
    """What a draw is made from.

    Attributes:
        randomness: of this place, for the examples of this batch; of a word that draws once a
            step, one row, for the number of the step.
        pool: the training examples by class; None where nothing is known of the data.
    """

    randomness: Draw
    pool: Pool | None = None

    @property
    def examples(self) -> Tensor:
        """The numbers of the batch's examples."""
        return self.randomness.examples


@overload
def draw(function: Function) -> Function: ...
@overload
def draw(**flags: object) -> Callable[[Function], Function]: ...
def draw(function: Any = None, **flags: object) -> Any:
    """Make a function that draws a word of the language.

    Args:
        function: annotated with sorts and knob types, and with a parameter `source`.
        **flags: as for a primitive.

    Raises:
        TypeError: an annotation is neither a sort nor a knob type.
        ValueError: the word is taken.
    """
    return word(function, "draw", {"random": True, **flags})
