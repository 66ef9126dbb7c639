"""Arguments of the library that are of another type than they take: what they are, in words.

Mistakes of a recipe are diagnostics. A mistake in a call is a `TypeError` or a `ValueError`
that names the argument, what it takes and what it was given.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from os import PathLike


def kind_of(value: object) -> str:
    """What somebody gave, in words.

    >>> kind_of([1]), kind_of({}), kind_of(None), kind_of(print)
    ('a list', 'a dict', 'None', 'a function')
    """
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {value.__qualname__}"
    kind = type(value)
    name = kind.__qualname__.removeprefix("builtin_").removesuffix("_or_method")
    whole = name if kind.__module__ == "builtins" else f"{kind.__module__.split('.')[0]}.{name}"
    return f"{'an' if whole[0].lower() in 'aeio' else 'a'} {whole}"


def check_text(argument: str, value: object, wanted: str) -> None:
    """Refuse what is neither text nor a path.

    Raises:
        TypeError: it says what is wanted.
    """
    if not isinstance(value, (str, PathLike)):
        msg = f"{argument} takes {wanted}, not {kind_of(value)}"
        raise TypeError(msg)


def check_values(argument: str, values: object) -> None:
    """Refuse other than values by name, such as `set={"T": 4}`.

    Raises:
        TypeError: no mapping, or one whose names are no text.
    """
    if values is None:
        return
    if not isinstance(values, Mapping):
        msg = f'{argument} takes values by name, as in {argument}={{"T": 4}}, not {kind_of(values)}'
        raise TypeError(msg)
    other = next((name for name in values if not isinstance(name, str)), None)
    if other is not None:
        msg = f"{argument} takes names as text, not {other!r}"
        raise TypeError(msg)


def names_in(argument: str, names: object) -> list[str]:
    """The names in a list of them.

    Raises:
        TypeError: no list, or one of something else than names.
    """
    if isinstance(names, str):
        msg = f"{argument} takes a list of names, as in {argument}=[{names!r}]"
        raise TypeError(msg)
    if isinstance(names, Mapping) or not isinstance(names, Iterable):
        msg = f"{argument} takes a list of names, not {kind_of(names)}"
        raise TypeError(msg)
    found = list(names)
    for name in found:
        if not isinstance(name, str):
            msg = f"{argument} takes a list of names, and {name!r} is not one"
            raise TypeError(msg)
    return found


def whole_number(argument: str, value: object, least: int | None = None) -> int:
    """A whole number, of Python or numpy.

    Raises:
        TypeError: no whole number.
        ValueError: too small.
    """
    try:
        found = None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]  # asked here
    except TypeError:
        found = None
    if found is None:
        shown = repr(value) if isinstance(value, (bool, float, str)) else kind_of(value)
        msg = f"{argument} takes a whole number, not {shown}"
        raise TypeError(msg)
    if least is not None and found < least:
        msg = f"{argument} is {least} at least, not {found}"
        raise ValueError(msg)
    return found
