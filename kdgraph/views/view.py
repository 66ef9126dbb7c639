"""How a function on a batch of images becomes a word of the `views:` section.

    @view(random=True)
    def flip(image: Image[Tensor, "b c h w"], draw: Draw | None, *, p: Share = 0.5) -> Image[...]

Some parameters are filled in by whoever runs the views, not by the recipe: `draw`, the
randomness of each image, or `None` where the deterministic form is wanted; `together`, the same
that is one for the whole batch; `rows`, how many rows each image has, and `each`, the same for
each of several views; `others`, which reads images by number; and `tell`, which is told the kept
share of a mixed view. The axes of the signature say how large the
result is: `b` rows as they came, `n` rows by the number of views or knobs, `images` one of each.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from inspect import Parameter, signature
from typing import Any, TypeVar, overload

from kdgraph.primitive import word

Function = TypeVar("Function", bound=Callable[..., Any])


@overload
def view(function: Function) -> Function: ...
@overload
def view(
    *, random: bool = False, mixes: bool = False, pads: str = ""
) -> Callable[[Function], Function]: ...
def view(function: Any = None, *, random: bool = False, mixes: bool = False, pads: str = "") -> Any:
    """Make a function of uint8 images (b, c, h, w) an augmentation.

    Args:
        function: the first parameter is the images, the others are knobs, `draw` and `rows`.
        random: it draws, and so has a parameter `draw` or `together`.
        mixes: it mixes two views, and tells the share of the first that is kept: `share(v)`.
        pads: the knob that says by how much images are wider on each side on the way.
    """
    flags = {"random": random, "mixes": mixes, "pads": pads}
    return word(function, "view", {name: said for name, said in flags.items() if said})


def code(name: str) -> Callable[..., Any]:
    """The function behind an augmentation's name."""
    from kdgraph.registry import REGISTRY

    return REGISTRY.code(name)


@cache
def parameters(function: Callable[..., Any]) -> dict[str, Parameter]:
    """The parameters of an augmentation, by name."""
    return dict(signature(function).parameters)
