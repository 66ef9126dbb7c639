"""How a builder of a trainable part becomes a word of the language.

    @module
    def linear(v: Values[Shape, "... d"], width: Count) -> Values[nn.Module, "... width"]: ...

In a recipe the first parameter is the value that the module is applied to. In code the
builder is called with the *shape* of that value instead, and with the knobs, and returns
the module. It draws its parameters as PyTorch does; whoever calls it seeds the generator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from kdgraph.primitive import word

Shape = tuple[int, ...]
Builder = TypeVar("Builder", bound=Callable[..., Any])


@overload
def module(builder: Builder) -> Builder: ...
@overload
def module(**flags: object) -> Callable[[Builder], Builder]: ...
def module(builder: Any = None, **flags: object) -> Any:
    """Make a builder of modules a word of the language.

    Args:
        builder: annotated with sorts and knob types; its name becomes the word.
        **flags: as for a primitive.

    Returns:
        the builder itself, with its `signature` attached and registered.

    Raises:
        TypeError: an annotation is neither a sort nor a knob type.
        ValueError: the word is taken.
    """
    return word(builder, "module", flags)
