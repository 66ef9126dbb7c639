"""The tap that was probably meant, for a path that a model does not have."""

from __future__ import annotations

from kdgraph.graph.network import ALIASES, MANY, Network
from kdgraph.graph.tap_path import spelled
from kdgraph.lang.errors.suggest import nearest

MOST = 12
TOKENS = 2
"""axes of one image's tokens"""


def near_tap(network: Network, path: str) -> str:
    """What to do about it: the nearest tap, and what the longest right beginning holds."""
    if path.partition("[")[0] in MANY and path.partition("]")[2]:
        return (
            f"`{network.name}.{path.partition(']')[0]}]` is a value; tap the module by its own path"
        )
    paths = network.paths or frozenset()
    prefix = path
    while prefix and prefix not in paths:
        prefix = prefix.rpartition(".")[0]
    inside = f"{prefix}." if prefix else ""
    below = {one for one in paths if one.startswith(inside) and one != prefix}
    known = {*below, *(f"{one}.input" for one in {*below, prefix} if one)}
    if not prefix:
        known |= set(network.aliases or {})
    found = nearest(path, sorted(known))
    held = {one.removeprefix(inside).partition(".")[0]: None for one in sorted(below)}
    names = list(held) if prefix else [*(network.aliases or {}), *held]
    near = f"did you mean `{network.name}.{spelled(found)}`?" if found else ""
    shown = ", ".join(f"`[{one}]`" if one.isdigit() else f"`{one}`" for one in names[:MOST])
    more = " …" if len(names) > MOST else ""
    where = f"`{network.name}.{spelled(prefix)}`" if prefix else f"`{network.name}`"
    none = "" if near else f"{where} holds no other module"
    holds = f"{where} has {shown}{more}" if names else none
    aliases = "" if near or not prefix else _aliases(network)
    return "\n".join(filter(None, (near, _own(network, path), holds, aliases)))


def _own(network: Network, path: str) -> str:
    """How a network gets an alias that it lacks; those of the zoo lack none."""
    head = path.partition("[")[0]
    if head not in ALIASES:
        return ""
    if head in MANY and any(len(size) == TOKENS for size in network.sizes.values()):
        return "it keeps tokens: take those of a block, as a map by `grid(v[:, 1:])`"
    paths = '("…", "…")' if head in MANY else '"…"'
    return f'say which modules they are: `{network.name}.aliases = {{"{head}": {paths}}}`'


def _aliases(network: Network) -> str:
    """The taps that any network has, for who knows no module's name."""
    listed = ", ".join(f"`{one}`" for one in network.aliases or {})
    return f"`{network.name}` has {listed}" if listed else ""
