"""How a function of a whole training set becomes a word of the language.

    @compute
    def neighbours(v: Embedding[Tensor, "b d"], k: Count) -> Labels[Tensor, "b k"]: ...

It is given the rows of all training images, in the order of the data set, and gives a table
with a row for each of them. Such a word stands in `compute:` of a stage and nowhere else: a
step of training sees one batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from kdgraph.primitive import word

Function = TypeVar("Function", bound=Callable[..., Any])


@overload
def compute(function: Function) -> Function: ...
@overload
def compute(**flags: object) -> Callable[[Function], Function]: ...
def compute(function: Any = None, **flags: object) -> Any:
    """Make a function of all training images a word of the language.

    Args:
        function: its first parameter is the rows of all images, the others are knobs.
        **flags: as for a primitive.
    """
    return word(function, "compute", flags)
