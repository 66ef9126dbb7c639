"""Modules and learned scalars of a recipe, called by the recipe's names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from keyword import iskeyword
from typing import TypeVar

import torch
from torch import Tensor, nn

from kdgraph.graph.graph import Axes, Node
from kdgraph.primitive import Signature
from kdgraph.registry import REGISTRY

Made = TypeVar("Made")
OWN = frozenset(vars(nn.Module()))


class Learned(nn.Module):
    """A parameter of the recipe: `learn(1.0)`."""

    def __init__(self, start: float, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.full(shape, float(start), dtype=torch.float64))

    def forward(self) -> Tensor:
        """The parameter."""
        return self.value


def seeded(seed: int, name: str, make: Callable[[], Made]) -> Made:
    """Make something whose random start depends on the seed and its own name only.

    Adding a term to the loss therefore moves no other weight.
    """
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int.from_bytes(digest, "big") >> 1)
        return make()


def build_part(
    node: Node,
    taken: Axes | None,
    seed: int,
    dtype: torch.dtype,
    rest: Callable[[], nn.Module] | None = None,
) -> nn.Module:
    """The module behind a node of a module word or a learned scalar.

    Args:
        node: the node.
        taken: the axes of what it is applied to.
        seed: of its random start.
        dtype: of its parameters.
        rest: makes the layers of a network that it is grown from, where it is.

    Raises:
        ValueError: the sizes of its input are not known.
    """
    name = str(node.op.knob("name"))
    if node.op.name == "param":
        shape = node.op.knob("shape")
        start = node.op.knob("start")
        assert isinstance(shape, tuple)
        assert isinstance(start, (int, float))
        return Learned(start, shape).to(dtype)
    signature = REGISTRY.get(node.op.name)
    assert signature is not None
    if taken is None or any(axis.size is None and not axis.rows for axis in taken):
        msg = f"the input of {name} has no known size: {node.span!r}"
        raise ValueError(msg)
    shape = tuple(axis.size if axis.size is not None else -1 for axis in taken)
    return seeded(seed, name, lambda: _made(signature, node, shape, rest)).to(dtype)


def _made(
    signature: Signature,
    node: Node,
    shape: tuple[int, ...],
    rest: Callable[[], nn.Module] | None,
) -> nn.Module:
    many: list[object] = []
    plain: dict[str, object] = {} if rest is None else {"rest": rest()}
    for slot in signature.parameters[1:]:
        value = node.op.knob(slot.name)
        if slot.many and isinstance(value, tuple):
            many += value
        elif value is not None:
            plain[slot.name] = value
    code = REGISTRY.code(signature.name)
    module = code(shape, *many, **plain)
    assert isinstance(module, nn.Module)
    return module


def attribute(name: str) -> str:
    """A name as an attribute of a module: neither a word of Python nor one of `nn.Module`."""
    return f"{name}_" if iskeyword(name) or hasattr(nn.Module, name) or name in OWN else name


def path_of(name: str) -> str:
    """Where `place` hangs a part."""
    return ".".join(map(attribute, name.split(".")))


def place(root: nn.Module, name: str, part: nn.Module) -> str:
    """Hang a part into a tree of modules by its dotted name; gives back its full path."""
    name = path_of(name)
    *above, last = name.split(".")
    at = root
    for step in above:
        if not hasattr(at, step):
            at.add_module(step, nn.Module())
        at = getattr(at, step)
    at.add_module(last, part)
    return name
