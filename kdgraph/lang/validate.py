"""Sections with a fixed shape, checked by pydantic; its findings told as diagnostics."""

from __future__ import annotations

import re
from collections.abc import Mapping as Dictionary
from typing import TypeVar, get_type_hints

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.foreign import foreign_key
from kdgraph.lang.errors.names import UnknownKey
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.errors.text import WrongValue
from kdgraph.lang.source import Source, Span
from kdgraph.lang.yaml_tree import Mapping, Node, Sequence, plain

KINDS = {
    "missing": "a value",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}
"""what pydantic's findings ask for, in the words of a setting"""

Model = TypeVar("Model", bound=BaseModel)


def validated(
    kind: type[Model],
    node: Node | None,
    section: str,
    more: object = None,
    command: object = None,
) -> Model:
    """A section as a model.

    Args:
        kind: what the section must be.
        node: where it is written; None for an empty one.
        section: its name, for messages.
        more: plain values that come on top: of a file that this one extends, of the command line.
        command: those of the command line, so that a message can point at them.

    Raises:
        RecipeError: with a diagnostic for each finding, at its own place.
    """
    data = plain(node) if node is not None else {}
    if isinstance(data, dict) and isinstance(more, Dictionary):
        data = merged(data, more)
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        found = [_told(kind, one, node, section, command) for one in error.errors()]
        raise RecipeError(*_distinct(found)) from None


def merged(base: Dictionary[str, object], more: Dictionary[str, object]) -> dict[str, object]:
    """Two nested mappings, the second on top."""
    made = dict(base)
    for key, value in more.items():
        below = made.get(key)
        both = isinstance(below, Dictionary) and isinstance(value, Dictionary)
        made[key] = merged(below, value) if both else value  # type: ignore[arg-type]  # both are
    return made


def _distinct(found: list[Diagnostic]) -> list[Diagnostic]:
    return list({(one.code, one.span, one.headline if one.span is None else ""): one
                 for one in found}.values())  # fmt: skip


def _told(
    kind: type[BaseModel], error: ErrorDetails, node: Node | None, section: str, command: object
) -> Diagnostic:
    path = [step for step in error["loc"] if not _is_branch(step)]
    key = str(path[-1]) if path else section
    dotted = ".".join([section, *map(str, path)])
    at_key = error["type"] == "extra_forbidden"
    span = _command_span(command, section, path, at_key=at_key) or _span(node, path, at_key=at_key)
    if at_key:
        known = _fields(kind, path[:-1])
        advice = foreign_key(key, known) or suggest(key, known) or f"it takes {', '.join(known)}"
        owner = f"`{'.'.join([section, *map(str, path[:-1])])}`"
        return UnknownKey(span=span, section=owner, key=key, advice=advice)
    expected = KINDS.get(error["type"]) or _words(str(error["msg"]))
    found = "nothing" if error["type"] == "missing" else f"found {error['input']!r}"[:60]
    words = re.findall(r"`([^`]+)`", expected)
    near = suggest(str(error["input"]), words)
    topic = "train" if section.rsplit(".", maxsplit=1)[-1] == "train" else "setting"
    advice = near or f"`kdgraph explain {topic}` shows every key"
    return WrongValue(span=span, key=dotted, expected=expected, found=found, advice=advice)


def _words(message: str) -> str:
    """Pydantic's words in ours.

    >>> _words("Input should be greater than or equal to 1"), _words("Input should be 'a' or 'b'")
    ('a number of at least 1', '`a` or `b`')
    """
    words = message.removeprefix("Value error, ").removeprefix("Input should be ")
    words = words.replace("greater than or equal to", "a number of at least").replace("'", "`")
    return words if words.startswith("`") else words[:1].lower() + words[1:]


def _is_branch(step: object) -> bool:
    """Whether a step of pydantic's path names a branch of a union, not a key of the file."""
    words = ("constrained-", "function-", "float", "int", "str", "tuple", "list", "dict", "literal")
    return isinstance(step, str) and (step.startswith(words) or step[:1].isupper())


def _fields(kind: type[BaseModel], path: list[int | str]) -> list[str]:
    at: type[BaseModel] | None = kind
    for step in path:
        field = at.model_fields.get(str(step)) if at else None
        inner = _models(field.annotation) if field else _others(at)
        at = inner[0] if inner else at
    return list(at.model_fields) if at else []


def _others(kind: type[BaseModel] | None) -> list[type[BaseModel]]:
    """What a section takes under names of the user's own."""
    return _models(get_type_hints(kind).get("__pydantic_extra__")) if kind else []


def _models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    inside = getattr(annotation, "__args__", ())
    return [model for one in inside for model in _models(one)]


def _command_span(
    command: object, section: str, path: list[int | str], *, at_key: bool
) -> Span | None:
    """The place behind `--set`, if the command line gave this value."""
    names: list[str] = []
    at = command
    for step in path:
        if not isinstance(at, Dictionary) or step not in at:
            break
        names.append(str(step))
        at = at[step]
    if not names or (isinstance(at, Dictionary) and len(names) < len(path)):
        return None
    head, value = f"--set {'.'.join([section, *names])}", str(at)
    source = Source("command line", f"{head}={value}")
    end = len(source.text)
    return Span(source, len("--set "), len(head)) if at_key else Span(source, len(head) + 1, end)


def _span(node: Node | None, path: list[int | str], *, at_key: bool) -> Span | None:
    """The place of a value, or of its key; of the nearest thing above where it is missing."""
    at = node
    span = node.span if node is not None else None
    for depth, step in enumerate(path):
        if isinstance(at, Mapping):
            pair = next(((k, v) for k, v in at.entries if k.text == str(step)), None)
            if pair is None:
                return span
            last = depth == len(path) - 1
            span = pair[0].span if last and at_key else pair[1].span
            at = pair[1]
        elif isinstance(at, Sequence) and isinstance(step, int) and step < len(at.items):
            at = at.items[step]
            span = at.span
        else:
            return span
    return span
