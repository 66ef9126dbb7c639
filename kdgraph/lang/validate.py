"""Sections with a fixed shape, checked by pydantic; its findings told as diagnostics."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.names import UnknownKey
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.errors.text import WrongValue
from kdgraph.lang.source import Span
from kdgraph.lang.yaml_tree import Mapping, Node, Sequence, plain

Model = TypeVar("Model", bound=BaseModel)


def validated(kind: type[Model], node: Node | None, section: str, more: object = None) -> Model:
    """A section as a model.

    Args:
        kind: what the section must be.
        node: where it is written; None for an empty one.
        section: its name, for messages.
        more: plain values that come on top, from the command line.

    Raises:
        RecipeError: with a diagnostic for each finding, at its own place.
    """
    data = plain(node) if node is not None else {}
    if isinstance(data, dict) and isinstance(more, Dictionary):
        data = merged(data, more)
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        found = [_told(kind, one, node, section) for one in error.errors()]
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


def _told(kind: type[BaseModel], error: ErrorDetails, node: Node | None, section: str) -> Diagnostic:
    path = [step for step in error["loc"] if not _is_branch(step)]
    key = str(path[-1]) if path else section
    dotted = ".".join([section, *map(str, path)])
    span = _span(node, path, at_key=error["type"] == "extra_forbidden")
    if error["type"] == "extra_forbidden":
        known = _fields(kind, path[:-1])
        advice = suggest(key, known) or f"it takes {', '.join(known)}"
        owner = f"`{'.'.join([section, *map(str, path[:-1])])}`"
        return UnknownKey(span=span, section=owner, key=key, advice=advice)
    expected = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    expected = expected[:1].lower() + expected[1:].replace("'", "`")
    if error["type"] == "missing":
        expected = "a value"
    found = "nothing" if error["type"] == "missing" else f"found {error['input']!r}"[:60]
    return WrongValue(span=span, key=dotted, expected=expected, found=found)


def _is_branch(step: object) -> bool:
    """Whether a step of pydantic's path names a branch of a union, not a key of the file."""
    words = ("constrained-", "function-", "float", "int", "str", "tuple", "list", "dict", "literal")
    return isinstance(step, str) and (step.startswith(words) or step[:1].isupper())


def _fields(kind: type[BaseModel], path: list[int | str]) -> list[str]:
    at: type[BaseModel] | None = kind
    for step in path:
        field = at.model_fields.get(str(step)) if at else None
        if field is None:
            continue
        inner = [one for one in _models(field.annotation)]
        at = inner[0] if inner else None
    return list(at.model_fields) if at else []


def _models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    inside = getattr(annotation, "__args__", ())
    return [model for one in inside for model in _models(one)]


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
