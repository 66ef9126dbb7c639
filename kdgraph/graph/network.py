"""What the graph has to know about a network: its aliases, its paths and their sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kdgraph.graph.tap_path import TapPath, tap_path

Applied = Callable[[str, tuple[int, ...]], "tuple[int, ...] | str"]
ALIASES = ("logits", "features", "stem", "maps", "preact")
MANY = ("maps", "preact")


def is_alias(path: str) -> bool:
    """Whether a path is an alias that stands for a value, not for a module with parts."""
    return path.partition("[")[0] in ALIASES


@dataclass(frozen=True)
class Network:
    """A model as the language sees it; None where nothing is known (yet).

    Attributes:
        name: the recipe's name for it: `teacher`, `student`.
        title: what it is: `resnet56`.
        aliases: the tap path, or paths, behind each alias.
        sizes: the sizes at a tap path, without the batch.
        paths: every module path the network has, where that is known.
        trained: whether it has weights of its own training (a teacher).
        classes: how many classes it tells apart.
        image: channels, height and width of the image that the sizes are of.
        values: how many numbers its parameters and buffers are.
        calls: how often a module runs in one forward, of those that run several times; their sizes
            are those of `relu.calls.0` and so on.
        applied: what a module gives for a value of this shape, given its path: a shape, or why it
            can't take it, in PyTorch's words.
        takes: the axis and the width that a module is made for, by its path, where it can't
            take another.
    """

    name: str
    title: str = ""
    aliases: dict[str, str | tuple[str, ...]] | None = None
    sizes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    paths: frozenset[str] | None = None
    classes: int | None = None
    image: tuple[int, ...] | None = None
    values: int | None = None
    calls: Mapping[str, int] = field(default_factory=dict)
    takes: dict[str, tuple[int, int]] = field(default_factory=dict)
    applied: Applied | None = field(default=None, compare=False, repr=False)

    def count(self, alias: str) -> int | None:
        """How many taps an alias such as `maps` stands for."""
        found = (self.aliases or {}).get(alias)
        return len(found) if isinstance(found, tuple) else None

    def path(self, tap: str) -> str:
        """The tap path behind a word: `maps[0]` is the path of the first stage's output."""
        head, _, rest = tap.partition("[")
        found = (self.aliases or {}).get(head)
        if found is None:
            return tap
        return found if isinstance(found, str) else found[int(rest.rstrip("]"))]

    def size(self, tap: str) -> tuple[int, ...] | None:
        """The sizes at a tap, without the batch, where they are known.

        The path behind an alias goes first: many networks call their convolutions `features`.
        """
        path = self.path(tap)
        if path in self.sizes or tap in (self.paths or ()):
            return self.sizes.get(path)
        return self.sizes.get(tap) or self.sizes.get(self._called(path))

    def _called(self, path: str) -> str:
        """A path with its call counted from the first, as `sizes` has it."""
        found = tap_path(path, self.paths or ())
        if found.call is None:
            return path
        count = self.calls.get(found.module, 1)
        call = found.call if found.call >= 0 else found.call + count
        only = None if count == 1 and call == 0 else call
        return str(TapPath(found.module, only, found.of))

    def has(self, alias: str) -> bool | None:
        """Whether the alias exists; None where that is not known."""
        return None if self.aliases is None else alias in self.aliases
