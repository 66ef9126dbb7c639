"""How a builder of memory becomes a word of the language, and what a memory can do.

    @memory(indexed=True)
    def bank(v: Embedding[Shape, "b d"], examples: int, *, momentum: Share = 0.5)
        -> Table[nn.Module, "examples d"]: ...

In a recipe the first parameter is the value that is remembered. In code the builder is called
with the *shape* of that value, with the knobs, and with `examples`, the number of training
examples, where it asks for it; it returns a `Memory`. Flags say what the compiler needs:

    indexed   a row for each example; the commit is given the examples' numbers as `i`
    through   the value of this step goes into what is read, as in `once`
    record    it keeps several values by name, as in `delay(x=a, z=b)`
    fields    the name of a second value that is read with it, as in `table(v).count`
    network   it follows a whole model instead of a value; the builder is given the network, and
              the name stands for a model
    late      it holds nothing before the first commit; `holds` says whether it does
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

import torch
from torch import Tensor, nn

from kdgraph.primitive import word

Shape = tuple[int, ...]
Builder = TypeVar("Builder", bound=Callable[..., Any])


class Memory(nn.Module):
    """A module whose buffers only `write` changes; calling it reads.

    Attributes:
        holds: whether there is something to read.
    """

    holds = True

    def write(self, values: Mapping[str, Tensor], finite: Tensor | None = None) -> None:
        """Take in what a step staged.

        Args:
            values: by slot, detached, the rows of the whole batch in its order.
            finite: a truth value on the device; where it is false nothing changes.
        """
        raise NotImplementedError

    def start(self, value: Tensor) -> None:
        """Begin with this value instead of the word's own start.

        Raises:
            ValueError: the value is of another shape.
        """
        raise NotImplementedError


def put(buffer: Tensor, value: Tensor, finite: Tensor | None) -> None:
    """Change a buffer in place, on the device, unless the step was not finite."""
    value = value.to(buffer.dtype)
    buffer.copy_(value if finite is None else torch.where(finite, value, buffer))


def recall(memories: Mapping[str, Memory], held: Mapping[str, Memory]) -> None:
    """Let memory begin where other memory of its name, kind and size is now."""
    for name in memories.keys() & held.keys():
        state, now = held[name].state_dict(), memories[name].state_dict()
        if all(key in state and state[key].shape == one.shape for key, one in now.items()):
            memories[name].load_state_dict(state)


@overload
def memory(builder: Builder) -> Builder: ...
@overload
def memory(**flags: object) -> Callable[[Builder], Builder]: ...
def memory(builder: Any = None, **flags: object) -> Any:
    """Make a builder of memory a word of the language.

    Args:
        builder: annotated with sorts and knob types; its name becomes the word.
        **flags: as above.

    Returns:
        the builder itself, with its `signature` attached and registered.

    Raises:
        TypeError: an annotation is neither a sort nor a knob type.
        ValueError: the word is taken.
    """
    return word(builder, "memory", flags)
