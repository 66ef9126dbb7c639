"""Hooks that catch the values at taps while a forward runs, and sleep otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

import torch
from torch import Tensor, nn

from kdgraph.graph.tap_path import spelled
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.own_networks import TapComplex
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
        if value.is_complex():
            dtype = str(value.dtype).removeprefix("torch.")
            path = spelled(tap.path) or "forward"
            raise RecipeError(TapComplex(network=self.title, path=path, dtype=dtype, span=tap.span))
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
    """The hooks that feed a catch, on the network for no longer than a forward.

        with hooks:
            network(x)

    The network is its owner's: it may be scripted, saved whole or copied at any time, and none of
    these goes with a hook. What compiles a forward is the exception: it looks for hooks before
    the forward runs. Whoever runs a compiled forward puts it inside `with`; where nobody does,
    `stand` leaves the hooks until this object goes.

    Hooks are plain objects and not closures, so that a copied or unpickled network feeds the copied
    catch and not the first one.
    """

    def __init__(self, network: nn.Module, catch: Catch) -> None:
        self.hooks: list[tuple[nn.Module, _After | _Before]] = [
            (
                network.get_submodule(tap.module),
                _After(catch, slot) if tap.of == "output" else _Before(catch, slot),
            )
            for slot, tap in enumerate(catch.taps)
        ]
        self.holders = 0
        self.stands = False

    def __enter__(self) -> None:
        """Put the hooks on, unless they are on."""
        self.holders += 1
        if self.holders == 1:
            self._put_on()

    def __exit__(self, *_: object) -> None:
        """Take them off again, unless somebody else still needs them."""
        self.holders -= 1
        if not self.holders:
            self._take_off()

    def stand(self) -> None:
        """Put the hooks on while a forward is traced, for good if nothing holds them there."""
        if not self.holders and not self.stands:
            self.stands = True
            self._put_on()

    # what `torch.compiler.assume_constant_result` sets, which loads the compiler and takes seconds
    stand._dynamo_marked_constant = True  # type: ignore[attr-defined]  # noqa: SLF001

    def _put_on(self) -> None:
        """The keys are the same each time, since what is compiled is guarded by them."""
        for module, hook in self.hooks:
            hook.into(module)

    def _take_off(self) -> None:
        self.stands = False
        for module, hook in self.hooks:
            for hooks in (
                module._forward_hooks,  # noqa: SLF001 - PyTorch's handles give a new key each time
                module._forward_pre_hooks,  # noqa: SLF001
                module._forward_pre_hooks_with_kwargs,  # noqa: SLF001
            ):
                hooks.pop(hook.key, None)

    def __del__(self) -> None:
        """Leave no hook behind."""
        if self.stands:
            self._take_off()


def _key() -> int:
    """A key that no other hook has, in this process or in one that a network is loaded into."""
    return uuid4().int >> 65


@dataclass(frozen=True, eq=False)
class _After:
    catch: Catch
    slot: int
    key: int = field(default_factory=_key)

    def __call__(self, _module: nn.Module, _args: tuple[object, ...], output: object) -> None:
        self.catch.keep(self.slot, output)

    def into(self, module: nn.Module) -> None:
        """Hook a module's output."""
        module._forward_hooks[self.key] = self  # noqa: SLF001 - see `Hooks._put_on`


@dataclass(frozen=True, eq=False)
class _Before:
    catch: Catch
    slot: int
    key: int = field(default_factory=_key)

    def __call__(
        self, _module: nn.Module, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> None:
        self.catch.keep(self.slot, first_input(args, kwargs))

    def into(self, module: nn.Module) -> None:
        """Hook a module's input."""
        module._forward_pre_hooks[self.key] = self  # noqa: SLF001 - see `Hooks._put_on`
        module._forward_pre_hooks_with_kwargs[self.key] = True  # noqa: SLF001


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
