"""YAML with places: a safe subset, read into nodes that know where they stand.

YAML 1.2's core words: `true`, `false`, `null` and numbers (`5e-2` is one). No tags, no
anchors, no duplicate keys, bounded depth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite

import yaml

from kdgraph.lang.align import aligned
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.text import (
    AliasRefused,
    ControlCharacter,
    DuplicateKey,
    NotYaml,
    TagRefused,
    TooDeep,
    TooLong,
)
from kdgraph.lang.place import Place
from kdgraph.lang.source import Source, Span
from kdgraph.lang.yaml_problems import explained

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEEPEST = 20
MOST_LETTERS = 200_000
READER_FAULTS = (yaml.YAMLError, ValueError, OverflowError)
"""what PyYAML raises: its own, and Python's for numbers in directives and escapes"""
REFUSED = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True)
class Scalar:
    """One value, as text."""

    span: Span
    text: str
    plain: bool
    offsets: tuple[int, ...] | None

    @property
    def value(self) -> object:
        """The text as YAML 1.2 reads it: a number, a truth value, nothing, or the text."""
        if not self.plain:
            return self.text
        if self.text.lower() in WORDS:
            return WORDS[self.text.lower()]
        if NUMBER.fullmatch(self.text):
            number = float(self.text)
            if not isfinite(number):
                return self.text  # which is read as an expression, and refused as too large
            whole = number.is_integer() and not re.search(r"[.eE]", self.text)
            return int(self.text) if whole else number
        return self.text

    def place(self) -> Place:
        """How an offset in the text maps to the file; text with escapes is one place."""
        offsets, span = self.offsets, self.span
        if not offsets:
            last = max(span.start, span.end - 1)
            return Place(span.source, lambda offset: span.start if offset == 0 else last)
        return Place(span.source, lambda offset: offsets[min(offset, len(offsets) - 1)])


@dataclass(frozen=True)
class Sequence:
    """A list."""

    span: Span
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Mapping:
    """Names with values, in the order they were written."""

    span: Span
    entries: tuple[tuple[Scalar, Node], ...]
    flow: bool

    def get(self, key: str) -> Node | None:
        """The value of a key, if it is there."""
        return next((value for name, value in self.entries if name.text == key), None)


Node = Scalar | Sequence | Mapping


def plain(node: Node) -> object:
    """The node as ordinary Python data."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.entries}


def words(node: Node) -> str:
    """What kind of value a node is, for a message."""
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, Mapping):
        return "a mapping"
    return {str: "text", bool: "a truth value", type(None): "nothing"}.get(
        type(node.value), "a number"
    )


def read_tree(source: Source, mistakes: list[Diagnostic] | None = None) -> Mapping:
    """The mapping that the text is.

    Args:
        source: the text.
        mistakes: is given those that leave a mapping behind, such as a duplicate key.

    Raises:
        RecipeError: with every mistake of this level that `mistakes` does not take.
    """
    refused = REFUSED.search(source.text)
    if refused is not None:
        at = Span(source, refused.start(), refused.end())
        raise RecipeError(ControlCharacter(span=at, name=f"U+{ord(refused.group()):04X}"))
    if len(source.text) > MOST_LETTERS:
        raise RecipeError(TooLong(span=Span(source, 0, 1), what="a file", limit=MOST_LETTERS))
    _refuse_tricks(source)
    try:
        top = yaml.compose(source.text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        raise RecipeError(explained(error, source, DEEPEST)) from None
    except RecursionError:
        raise RecipeError(TooDeep(span=Span(source, 0, 1), limit=DEEPEST)) from None
    except READER_FAULTS as error:
        start = error.position if isinstance(error, yaml.reader.ReaderError) else 0
        problem = str(error).splitlines()[0]
        raise RecipeError(NotYaml(span=Span(source, start, start + 1), problem=problem)) from None
    if not isinstance(top, yaml.MappingNode):
        at = Span(source, 0, min(1, len(source.text)))
        raise RecipeError(
            NotYaml(
                span=at,
                problem="a recipe is a mapping of sections",
                context="expected `loss: …`",
                advice="start with a section, such as `loss: sup + kd`",
            )
        )
    found: list[Diagnostic] = []
    tree = _convert(top, source, found)
    if mistakes is not None:
        mistakes += found
    elif found:
        raise RecipeError(*found)
    assert isinstance(tree, Mapping)
    return tree


def _refuse_tricks(source: Source) -> None:
    """Refuse tags, anchors and deep nesting before any of them is built."""
    depth = 0
    try:
        for event in yaml.parse(source.text, Loader=Loader):
            first, last = event.start_mark, event.end_mark
            assert first is not None
            assert last is not None
            at = Span(source, first.index, max(first.index + 1, last.index))
            if getattr(event, "anchor", None) is not None:
                raise RecipeError(AliasRefused(span=_word(at)))
            if getattr(event, "tag", None) is not None:
                raise RecipeError(TagRefused(span=_word(at), tag=_word(at).text))
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > DEEPEST:
                raise RecipeError(TooDeep(span=Span(source, at.start, at.start + 1), limit=DEEPEST))
    except (*READER_FAULTS, RecursionError):
        return  # `compose` meets it again, and its place is told there


def _word(span: Span) -> Span:
    """The first word of a span: a tag or an anchor without the value after it."""
    length = len(span.text.split(maxsplit=1)[0]) if span.text.strip() else 1
    return Span(span.source, span.start, span.start + length)


def _convert(node: yaml.Node, source: Source, mistakes: list[Diagnostic]) -> Node:
    span = Span(source, node.start_mark.index, node.end_mark.index)
    flow = isinstance(node, yaml.CollectionNode) and bool(node.flow_style)
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, span)
    if isinstance(node, yaml.SequenceNode):
        items = tuple(_convert(one, source, mistakes) for one in node.value)
        return Sequence(_trim(span), items)
    entries: list[tuple[Scalar, Node]] = []
    seen: dict[str, Scalar] = {}
    for key_node, value_node in node.value:
        key = _convert(key_node, source, mistakes)
        if not isinstance(key, Scalar):
            mistakes.append(NotYaml(span=key.span, problem="a key must be one name"))
            continue
        if key.text in seen:
            first = seen[key.text].span
            mistakes.append(DuplicateKey(span=key.span, key=key.text, first=first))
            continue
        seen[key.text] = key
        entries.append((key, _convert(value_node, source, mistakes)))
    return Mapping(_trim(span), tuple(entries), flow)


def _trim(span: Span) -> Span:
    """A block ends where the next one starts; point at its own words only."""
    text = span.text.rstrip()
    return Span(span.source, span.start, span.start + max(1, len(text)))


def _scalar(node: yaml.ScalarNode, span: Span) -> Scalar:
    style, raw = node.style or "", span.text
    start = span.start
    if style in {"|", ">"}:
        start += raw.find("\n") + 1
    elif style:
        start += 1
    places = aligned(node.value, span.source.text, start, span.end)
    return Scalar(_trim(span), node.value, plain=not style, offsets=places)
