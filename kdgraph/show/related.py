"""What to ask for instead of a name that nothing goes by: its family, or who mentions it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from kdgraph.graph.vocabulary import library
from kdgraph.lang.errors.suggest import nearest
from kdgraph.registry import REGISTRY
from kdgraph.show import shipped
from kdgraph.show.comment import comment_of

MOST = 6


def related(name: str, names: Collection[str]) -> str:
    """Words for a message; empty where nothing is near.

    >>> related("rkd", {"rkd_angle", "rkd_distance", "kd"})
    'did you mean `rkd_angle` or `rkd_distance`?'
    """
    asked = name.casefold()
    family = sorted(one for one in names if asked in re.split(r"[_-]", one.casefold()))
    near = family or [one for one in [nearest(name, names)] if one]
    parts = [f"did you mean {_listed(near, 'or')}?"] if near else []
    telling = [] if family else list(dict.fromkeys(_telling(asked)))
    if telling:
        parts.append(f"{_listed(telling, 'and')} tell{'s' * (len(telling) == 1)} of it")
    return " ".join(parts)


def _telling(asked: str) -> Iterator[str]:
    """Words, functions and recipes whose text has what is asked for in it."""
    word = re.compile(rf"(?<!\w){re.escape(asked)}(?!\w)")
    texts = [*((name, title) for name, *_, title in shipped.recipes())]
    texts += [(one.name, comment_of(one)) for one in library().values()]
    texts += [(one.name, one.doc) for one in REGISTRY]
    return (name for name, text in texts if word.search(text.casefold()))


def _listed(names: list[str], joint: str) -> str:
    """Names in backticks, the last one after a word; of many the first few."""
    shown = [f"`{one}`" for one in names[:MOST]]
    if len(names) > MOST:
        return f"{', '.join(shown)} …"
    return f" {joint} ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
