"""Networks that plugins add: `@kdgraph.network` gives a function's name to what it builds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, overload

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.own_networks import NetworkSignature, NetworkTaken, WrongAlias
from kdgraph.lang.errors.suggest import suggest
from kdgraph.models.zoo import ZOO

if TYPE_CHECKING:
    from torch import nn

Aliases = Mapping[str, str | tuple[str, ...]]
Builder = Callable[..., "nn.Module"]
Function = TypeVar("Function", bound=Builder)

KINDS: Mapping[str, type] = {
    "logits": str, "features": str, "stem": str, "maps": tuple, "preact": tuple
}  # fmt: skip
"""the aliases, and whether each is one path or a tuple of them"""


@dataclass(frozen=True, eq=False)
class Added:
    """A network of a plugin.

    Attributes:
        name: the word in a setting's `models:`.
        file: where it is written.
        doc: what its author says of it.
        build: called with the class count, and `channels` by name.
        aliases: those that its author declares.
    """

    name: str
    file: str
    doc: str
    build: Builder
    aliases: Aliases

    @property
    def origin(self) -> str:
        """The file's name, for messages."""
        return Path(self.file).name

    @property
    def about(self) -> str:
        """One line for lists."""
        return self.doc.split("\n")[0].removesuffix(".") or f"of {self.origin}"


ADDED: dict[str, Added] = {}


@overload
def network(function: Function) -> Function: ...
@overload
def network(*, aliases: Aliases) -> Callable[[Function], Function]: ...
def network(
    function: Function | None = None, *, aliases: Aliases | None = None
) -> Function | Callable[[Function], Function]:
    """Make a function's result a network that a setting can name.

    Args:
        function: called as `mynet(classes, channels=3)`; gives an `nn.Module` that takes
            images (b, c, h, w) and gives logits (b, classes). Its name becomes the network's.
        aliases: what `logits`, `features`, `stem`, `maps` or `preact` mean in it, as module
            paths, where they are not found by themselves.

    Raises:
        RecipeError: the name is taken, the function takes other arguments, or there is no
            such alias.
    """

    def register(one: Function) -> Function:
        file = inspect.getsourcefile(one) or one.__module__
        made = Added(one.__name__, file, inspect.getdoc(one) or "", one, dict(aliases or {}))
        _refuse(made)
        ADDED[made.name] = made
        return one

    return register if function is None else register(function)


def _refuse(made: Added) -> None:
    name, origin = made.name, made.origin
    if name in ZOO:
        raise RecipeError(NetworkTaken(name=name, origin=origin, other="a network of kdgraph's"))
    if name in ADDED and ADDED[name].file != made.file:
        other = f"a network of `{ADDED[name].file}`"
        raise RecipeError(NetworkTaken(name=name, origin=origin, other=other))
    try:
        inspect.signature(made.build).bind(10, channels=3)
    except TypeError as error:
        mistake = NetworkSignature(name=name, origin=origin, reason=str(error))
        raise RecipeError(mistake) from None
    for alias, path in made.aliases.items():
        reason = ""
        if alias not in KINDS:
            reason = suggest(alias, KINDS) or f"the aliases are {', '.join(KINDS)}"
        elif not isinstance(path, KINDS[alias]):
            reason = "it is one path" if KINDS[alias] is str else "it is a tuple of paths"
        if reason:
            raise RecipeError(WrongAlias(name=name, origin=origin, alias=alias, reason=reason))
