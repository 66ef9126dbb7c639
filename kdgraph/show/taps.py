"""`kdgraph show --as taps`: every place inside a model that a recipe can look at."""

from __future__ import annotations

from collections.abc import Iterator

from kdgraph.graph.network import Network, is_alias
from kdgraph.graph.tap_path import spelled, tap_path
from kdgraph.show.columns import section

ALIAS_ORDER = ("logits", "features", "stem", "maps", "preact")


def text(network: Network) -> str:
    """The taps of a model: its aliases, then its modules, with their shapes.

    Args:
        network: what is known of it; the modules only where the real one was looked at.
    """
    title = f"{network.name}: {network.title}" if network.title else network.name
    parts = [
        title,
        section("aliases", _aliases(network)),
        section("modules", _modules(network)),
    ]
    if network.paths:
        parts.append(
            f"`{network.name}.PATH.input` is what a module is given, `{network.name}.PATH` what"
            " it gives."
        )
    return "\n\n".join(part for part in parts if part) + "\n"


def _aliases(network: Network) -> Iterator[tuple[str, str]]:
    found = network.aliases or {}
    for alias in sorted(found, key=lambda one: [*ALIAS_ORDER, one].index(one)):
        path = found[alias]
        if isinstance(path, str):
            yield f"{network.name}.{alias}", _row(network, alias, path)
            continue
        for place, one in enumerate(path):
            word = f"{alias}[{place}]"
            yield f"{network.name}.{word}", _row(network, word, one)


def _row(network: Network, word: str, path: str) -> str:
    size = network.size(word)
    known = path not in {word, word.partition("[")[0]}
    of = (spelled(path) or "the network's own output") if known else ""
    return "  ".join(filter(None, [shape_text(size), of]))


def _modules(network: Network) -> Iterator[tuple[str, str]]:
    known = network.paths or ()
    ends = {path: tap_path(path, known) for path in network.sizes}
    sized = [path for path, one in ends.items() if one.of == "output" and one.module in known]
    for path in (one for one in sized if not is_alias(one)):  # such a name means the alias
        yield f"{network.name}.{spelled(path)}", shape_text(network.sizes[path])


def shape_text(size: tuple[int, ...] | None) -> str:
    """A shape as people write it; empty where it is not known."""
    return "×".join(["b", *map(str, size)]) if size is not None else ""
