"""The shapes that values of a file take: a text, names, a mapping, one of a few words."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.lang.errors.names import UnknownKey
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.errors.text import DuplicateKey, WrongShape, WrongValue
from kdgraph.lang.expressions import Collector
from kdgraph.lang.recipe import Entry
from kdgraph.lang.source import Span
from kdgraph.lang.yaml_tree import Mapping, Node, Scalar, Sequence, words


@dataclass(frozen=True)
class Shapes:
    """Reads values of a known shape; what has another one is noted."""

    collect: Collector

    def text(self, node: Mapping, key: str) -> str:
        """The text under a key; empty where there is none."""
        found = node.get(key)
        if found is None:
            return ""
        if isinstance(found, Scalar):
            return found.text.strip()
        self.wrong(found, key, "text")
        return ""

    def mapping(self, node: Mapping, key: str, advice: str = "") -> Mapping | None:
        """The mapping under a key; `advice` is for a list that stands there."""
        found = node.get(key)
        if found is None or isinstance(found, Mapping):
            return found
        self.wrong(found, key, "a mapping", advice=advice if isinstance(found, Sequence) else "")
        return None

    def names(self, node: Mapping, key: str, *, one: bool = False) -> list[tuple[str, Span]]:
        """The names under a key: a list of them, or a single one."""
        found = node.get(key)
        if found is None or (isinstance(found, Scalar) and not found.text):
            return []
        items = found.items if isinstance(found, Sequence) and not one else (found,)
        names = [(item.text, item.span) for item in items if isinstance(item, Scalar)]
        if len(names) < len(items):
            self.wrong(found, key, "a name" if one else "a list of names, `[a, b]`")
        return names

    def entries(self, node: Node | None, section: str) -> dict[str, Entry]:
        """The names of a section with their expressions."""
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return {}
        if not isinstance(node, Mapping):
            self.wrong(node, section, "names with expressions, `name: expression`")
            return {}
        found: dict[str, Entry] = {}
        for key, value in node.entries:
            entry = self.collect.entry(key, value, section, flow=node.flow)
            if entry is None:
                continue
            if entry.name in found:
                self.collect.mistakes.append(
                    DuplicateKey(span=key.span, key=key.text, first=found[entry.name].key)
                )
            found[entry.name] = entry
        return found

    def choice(self, node: Node | None, key: str, known: tuple[str, ...]) -> None:
        """Note a value that is none of the known words."""
        assert node is not None
        found = node.text if isinstance(node, Scalar) else words(node)
        expected = " or ".join(f"`{one}`" for one in known)
        advice = suggest(found, known) or f"write {expected}"
        self.collect.mistakes.append(
            WrongValue(
                span=node.span, key=key, expected=expected, found=f"found `{found}`", advice=advice
            )
        )

    def keys(
        self,
        node: Mapping,
        known: tuple[str, ...],
        section: str,
        inside: tuple[str, tuple[str, ...]] = ("", ()),
    ) -> None:
        """Note the keys that a section does not take.

        Args:
            node: the section.
            known: the keys that it takes.
            section: its name, for messages.
            inside: a key of it, and the keys that are to stand below that one.
        """
        below, keys = inside
        for key, _ in node.entries:
            if key.text not in known:
                advice = suggest(key.text, known) or f"{section} takes {', '.join(known)}"
                if key.text in keys:
                    advice = f"write it below `{below}`, as in `{below}: {{{key.text}: …}}`"
                self.collect.mistakes.append(
                    UnknownKey(span=key.span, section=section, key=key.text, advice=advice)
                )

    def wrong(self, node: Node, key: str, expected: str, found: str = "", advice: str = "") -> None:
        """Note a value of another shape."""
        self.collect.mistakes.append(
            WrongShape(
                span=node.span,
                key=key,
                expected=expected,
                found=found or words(node),
                advice=advice or f"write {expected}",
            )
        )
