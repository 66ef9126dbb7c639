"""A tap is a place in a network: the output of a module, or its first input."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from torch import nn

from kdgraph.graph.tap_path import End, TapPath, tap_path
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.taps import TapOfList, UnknownTap
from kdgraph.lang.source import Span

SHOWN = 12


@dataclass(frozen=True)
class Tap:
    """The value at one end of a module; `module` is "" for the network itself.

    `call` says which of its calls, where it runs several times: the first is 0, the last -1.
    """

    module: str
    of: End = "output"
    call: int | None = None
    span: Span | None = field(default=None, compare=False, repr=False)

    @property
    def path(self) -> str:
        """The tap as a path.

        >>> Tap("layer3.1.bn2").path, Tap("fc", "input").path, Tap("", "input").path
        ('layer3.1.bn2', 'fc.input', 'input')
        """
        return str(TapPath(self.module, self.call, self.of))


def parse(path: str) -> Tap:
    """Read a path without a network at hand: a last part `input` means the input.

    >>> parse("fc.input"), parse("relu.calls.-1")
    (Tap(module='fc', of='input', call=None), Tap(module='relu', of='output', call=-1))
    """
    found = tap_path(path)
    return Tap(found.module, found.of, found.call)


def resolve(network: nn.Module, path: str | Tap, span: Span | None = None) -> Tap:
    """The tap that `path` names in this network.

    A module that is literally called `input` wins over the input of the module around it; its own
    input is then `….input.input`.

    Raises:
        RecipeError: if the network has no such module, or the module is a mere list.
    """
    if isinstance(path, Tap):
        return path
    modules = _modules(network)
    found = tap_path(path, modules)
    tap = Tap(found.module, found.of, found.call, span)
    if tap.module not in modules:
        raise RecipeError(_unknown(network, path, list(modules), span))
    module = modules[tap.module]
    if getattr(module.forward, "__func__", None) is nn.Module.forward:  # it defines none
        listed = _listed(f"{tap.module}.{name}" for name, _ in module.named_children())
        title = type(network).__name__
        raise RecipeError(TapOfList(network=title, path=tap.module, children=listed, span=span))
    return tap


def apply_module(network: nn.Module, path: str, span: Span | None = None) -> nn.Module:
    """The module itself, for a recipe that applies it to another value: `teacher.fc(v)`.

    Raises:
        RecipeError: if the network has no such module.
    """
    modules = _modules(network)
    if path not in modules:
        raise RecipeError(_unknown(network, path, list(modules), span))
    return modules[path]


def _modules(network: nn.Module) -> dict[str, nn.Module]:
    return dict(network.named_modules(remove_duplicate=False))


def _unknown(network: nn.Module, path: str, known: list[str], span: Span | None) -> UnknownTap:
    title = type(network).__name__
    hint = _hint(network, path, known)
    return UnknownTap(network=title, path=path, hint=hint, span=span)


def _hint(network: nn.Module, path: str, known: list[str]) -> str:
    """Say the nearest real path, and what the longest right beginning of `path` holds."""
    if path in dict(network.named_parameters()) or path in dict(network.named_buffers()):
        return f"`{path}` is a weight; a tap is the output or the input of a module"
    prefix = path
    while prefix not in known:
        prefix = prefix.rpartition(".")[0]
    held = [name for name, _ in network.get_submodule(prefix).named_children()]
    where = f"`{prefix}`" if prefix else "the network"
    holds = f"{where} holds {_listed(held)}" if held else f"{where} holds no other module"
    near = _nearest(path, known)
    return f"did you mean `{near}`?\n{holds}" if near else holds


def _nearest(path: str, known: list[str]) -> str:
    """The tap that reads most like `path` as a whole, at the same end of its module.

    >>> _nearest("layr1.0", ["", "layer1", "layer1.0"]), _nearest("fcc.input", ["", "fc"])
    ('layer1.0', 'fc.input')
    """
    wanted = parse(path)
    named = [one for one in known if one]
    likely = max(named, key=lambda one: _likeness(wanted.module, one), default="")
    return Tap(likely, wanted.of, wanted.call).path if likely else ""


def _likeness(path: str, other: str) -> float:
    return SequenceMatcher(None, path.casefold(), other.casefold()).ratio()


def _listed(names: Iterable[str]) -> str:
    found = [f"`{name}`" for name in names]
    more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return ", ".join(found[:SHOWN] + more) or "nothing"
