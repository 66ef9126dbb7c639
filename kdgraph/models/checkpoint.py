"""Which of the tensors in a checkpoint are a network's: under a key, behind a prefix.

Training code keeps weights under many keys (`model`, `state_dict`, `ema` …) and under names that
its wrappers have lengthened (`module.`, `_orig_mod.`, `net.` …), beside optimisers, averages
and counters. What a network needs tells which ones are meant; where several are, a person has to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import torch
from torch import Tensor

State = Mapping[str, Tensor]

DEEPEST = 3
"""mappings inside one another that are looked into"""
WRAPPERS = re.compile(r"(?:^|(?<=\.))_(?:orig_mod|fsdp_wrapped_module|checkpoint_wrapped_module)\.")
"""what PyTorch puts into names, at any depth"""
META = torch.device("meta")
COUNTER = "num_batches_tracked"
"""of batch norm; files older than it do without"""


@dataclass(frozen=True)
class Part:
    """Some of the tensors in a file.

    Attributes:
        key: where they are, such as `model`; empty for the file itself.
        prefix: what their names there begin with, with its dot.
        state: with names as the network has them.
    """

    key: str
    prefix: str
    state: State

    @property
    def name(self) -> str:
        """What a person calls it, behind the `#` of a path."""
        return ".".join(one for one in (self.key, self.prefix.rstrip(".")) if one)


def split_path(path: str) -> tuple[str, str]:
    """A file, and the part of it that is meant: `teacher.pt#ema`.

    >>> split_path("teacher.pt#ema"), split_path("teacher.pt")
    (('teacher.pt', 'ema'), ('teacher.pt', ''))
    """
    file, sign, part = path.rpartition("#")
    return (file, part) if sign and not Path(path).exists() else (path, "")


def parts(whole: object) -> list[Part]:
    """Every mapping of names to tensors that a file holds, the outermost first."""
    return [Part(key, "", state) for key, state in _states(whole, "", DEEPEST)]


def narrowed(part: Part, name: str) -> Iterator[Part]:
    """This part where it is the one of this name or inside it, else what of it has that prefix."""
    if not name or f"{part.key}.".startswith(f"{name}."):
        yield part
        return
    prefix = f"{name}.".removeprefix(f"{part.key}.") if part.key else f"{name}."
    inside = {one: tensor for one, tensor in part.state.items() if one.startswith(prefix)}
    if inside:
        yield Part(part.key, "", inside)


def names_of(found: Sequence[Part]) -> list[str]:
    """What may be asked for: keys, and what names begin with where there is none."""
    keys = [one.key for one in found if one.key]
    first = {name.partition(".")[0]: None for one in found if not one.key for name in one.state}
    return keys or list(first)


def fitting(found: Sequence[Part], wanted: State) -> list[Part]:
    """The parts that have every tensor a network needs, those alone of the most equal sizes.

    Behind a prefix whatever has another prefix is left out: it belongs to other modules.
    """
    whole = [part for one in found for part in _complete(one, wanted)]
    fits = [_of_its_size(one.state, wanted) for one in whole]
    best = [one for one, fit in zip(whole, fits, strict=True) if fit == max(fits)]
    return best[:1] if best and all(_are_equal(best[0], one, wanted) for one in best) else best


def nearest(found: Sequence[Part], wanted: State) -> Part:
    """The part that has most of what a network needs, without what all its names begin with."""
    bare = [_without_common(one, wanted) for one in found]
    return max(bare, key=lambda one: len(wanted.keys() & one.state.keys()))


def without_strays(part: Part, wanted: State) -> State:
    """Its state without counters of the training code, such as `n_averaged` and `epoch`."""
    return {
        name: one
        for name, one in part.state.items()
        if name in wanted or one.ndim or one.is_floating_point() or "." in name
    }


def _states(value: object, key: str, depth: int) -> Iterator[tuple[str, State]]:
    if not isinstance(value, Mapping) or depth == 0:
        return
    named = {name: one for name, one in value.items() if isinstance(name, str)}
    tensors = {
        WRAPPERS.sub("", name): one for name, one in named.items() if isinstance(one, Tensor)
    }
    if tensors:
        yield key, tensors
    for name, one in named.items():
        yield from _states(one, f"{key}.{name}" if key else name, depth - 1)


def _complete(part: Part, wanted: State) -> Iterator[Part]:
    """This part without a prefix, for each that leaves all a network needs; none, if it can be."""
    needed = {name for name in wanted if name.rpartition(".")[2] != COUNTER}
    if needed <= part.state.keys():
        yield part
        return
    counted = Counter(
        name[: len(name) - len(end)] for name in part.state for end in _ends(name) if end in needed
    )
    for prefix, count in counted.items():
        if count == len(needed):
            inside = {
                name.removeprefix(prefix): one
                for name, one in part.state.items()
                if name.startswith(prefix)
            }
            yield Part(part.key, prefix, inside)


def _ends(name: str) -> Iterator[str]:
    """What is left of a name behind each of its dots."""
    while name:
        _, _, name = name.partition(".")
        yield name


def _without_common(part: Part, wanted: State) -> Part:
    """This part without what all of its names begin with, if the network has none such."""
    dotted = [name.split(".")[:-1] for name in part.state if "." in name]
    columns = [set(column) for column in zip(*dotted, strict=False)]
    shared = takewhile(lambda column: len(column) == 1, columns)
    prefix = "".join(f"{one}." for column in shared for one in column)
    if not prefix or any(name.startswith(prefix) for name in wanted):
        return part
    inside = {name.removeprefix(prefix): one for name, one in part.state.items()}
    return Part(part.key, prefix, inside)


def _of_its_size(state: State, wanted: State) -> int:
    return sum(name in state and state[name].shape == one.shape for name, one in wanted.items())


def _are_equal(one: Part, other: Part, wanted: State) -> bool:
    return one is other or all(
        name in one.state and name in other.state and _is_same(one.state[name], other.state[name])
        for name in wanted
    )


def _is_same(one: Tensor, other: Tensor) -> bool:
    dense = all(t.layout == torch.strided and not t.is_quantized for t in (one, other))
    return dense and one.device == other.device != META and torch.equal(one, other)
