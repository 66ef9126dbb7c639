"""Hooks that catch the values at taps while a forward runs, and sleep otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from kdgraph.graph.tap_path import spelled
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.taps import TapCalledTwice, TapNotReached, TapNotTensor, no_such_call
from kdgraph.lower.tap import Tap


class Enough(BaseException):
    """Every tap has its value: leave the forward. No error, so `except Exception` lets it by."""


class Catch:
    """Keeps the values at the taps of one network, while somebody listens.

    Args:
        network: what the taps lie in.
        taps: what to catch, in the order in which it is handed out.
        clone: which taps to copy at once, because something later writes over them.
        leave: leave the forward as soon as every tap has its value.
    """

    def __init__(
        self,
        network: nn.Module,
        taps: Sequence[Tap],
        *,
        clone: Sequence[bool] = (),
        leave: bool = False,
    ) -> None:
        self.title = type(network).__name__
        self.taps = tuple(taps)
        self.clone = tuple(clone) or (False,) * len(self.taps)
        self.leave = leave
        self.calls: list[list[Tensor | None]] | None = None

    def run(self, forward: Callable[[Tensor], object], x: Tensor) -> tuple[Tensor, ...]:
        """Run the network by `forward` and hand out the values, one for each tap.

        Raises:
            RecipeError: if a tap has no value, several, or one that is not a tensor.
        """
        calls: list[list[Tensor | None]] = [[] for _ in self.taps]
        self.calls = calls
        try:
            forward(x)
        except Enough:
            pass
        finally:
            self.calls = None
        return tuple(self._chosen(tap, found) for tap, found in zip(self.taps, calls, strict=True))

    def keep(self, slot: int, value: object) -> None:
        """Take a value from a hook, unless nobody listens."""
        if self.calls is None:
            return
        tap, calls = self.taps[slot], self.calls[slot]
        if tap.call is None and calls:
            path = spelled(tap.path)
            raise RecipeError(TapCalledTwice(network=self.title, path=path, span=tap.span))
        if tap.call is not None and 0 <= tap.call != len(calls):
            calls.append(None)
            return
        if not isinstance(value, Tensor):
            found = _described(value)
            raise RecipeError(
                TapNotTensor(network=self.title, path=tap.path, found=found, span=tap.span)
            )
        calls.append(value.clone() if self.clone[slot] else value)
        if tap.call is not None and len(calls) > -tap.call > 0:
            calls[tap.call - 1] = None  # not among the last calls any more
        if self.leave and self._have_all() and not torch.compiler.is_compiling():
            raise Enough

    def _have_all(self) -> bool:
        """Whether nothing that is still to come can be the value of a tap."""
        wanted = [0 if tap.call is None else tap.call for tap in self.taps]
        return all(
            0 <= call < len(found) for call, found in zip(wanted, self.calls or (), strict=True)
        )

    def _chosen(self, tap: Tap, calls: list[Tensor | None]) -> Tensor:
        """The value of a tap among those of its module's calls."""
        if not calls:
            raise RecipeError(TapNotReached(network=self.title, path=tap.path, span=tap.span))
        call = tap.call or 0
        if not -len(calls) <= call < len(calls):
            raise RecipeError(no_such_call(self.title, spelled(tap.path), len(calls), tap.span))
        found = calls[call]
        assert found is not None
        return found


class Hooks:
    """The hooks that feed a catch; they go when this goes.

    Hooks are plain objects and not closures, so that a copied or unpickled network feeds the copied
    catch and not the first one.
    """

    def __init__(self, network: nn.Module, catch: Catch) -> None:
        self.handles: list[RemovableHandle] = []
        for slot, tap in enumerate(catch.taps):
            module = network.get_submodule(tap.module)
            self.handles.append(
                module.register_forward_hook(_After(catch, slot))
                if tap.of == "output"
                else module.register_forward_pre_hook(_Before(catch, slot), with_kwargs=True)
            )

    def close(self) -> None:
        """Take the hooks off the network."""
        for handle in self.handles:
            handle.remove()
        self.handles = []

    def __del__(self) -> None:
        """Leave no hook behind."""
        self.close()


@dataclass(frozen=True, eq=False)
class _After:
    catch: Catch
    slot: int

    def __call__(self, _module: nn.Module, _args: tuple[object, ...], output: object) -> None:
        self.catch.keep(self.slot, output)


@dataclass(frozen=True, eq=False)
class _Before:
    catch: Catch
    slot: int

    def __call__(
        self, _module: nn.Module, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> None:
        self.catch.keep(self.slot, first_input(args, kwargs))


HOOKS = (_After, _Before)
"""the hooks of this module, by which others know them"""


def first_input(args: Sequence[object], kwargs: Mapping[str, object]) -> object:
    """What a module was called with first, by place or by name."""
    return next(iter((*args, *kwargs.values())), None)


def _described(value: object) -> str:
    """A value in the words of a message: `a tuple of 2`, `a dict of 'a', 'b'`, `a None`."""
    name = type(value).__name__
    if isinstance(value, Mapping):
        return f"a {name} of {', '.join(map(repr, value))}"
    if isinstance(value, (tuple, list)):
        return f"a {name} of {len(value)}"
    return "nothing" if value is None else f"a {name}"
