"""What modules and learned scalars are called: by the names on the way to them.

A name in `where`, the functions called inside it and the rounds of a sum say where a module
is; only what stands at one place is numbered. A term that is written out in the loss has no
name, so its own text is one: what other terms there are never changes it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from hashlib import sha256

from kdgraph.lang.syntax import Call, Name, Syntax
from kdgraph.lang.write import write

LETTERS = 6
"""enough that two texts of one loss don't meet: one case in 16 million"""


def part_name(labels: Sequence[str], word: str, taken: Container[str], *, direct: bool) -> str:
    """The full name of a new part.

    Args:
        labels: the names on the way to it.
        word: what it is: `linear`, `learn`.
        taken: the parts there are.
        direct: whether it is all that the last name stands for, as in `θ: learn(1.0)`.

    >>> part_name(["s"], "linear", {"s.linear"}, direct=False)
    's.linear_2'
    """
    plain = name = ".".join(labels if direct and labels else [*labels, word])
    count = 1
    while name in taken:
        count += 1
        name = f"{plain}_{count}"
    return name


def is_place(labels: Sequence[str], taken: Iterable[str]) -> bool:
    """Whether parts lie below a name, as the inner one of `g: linear(relu(linear(v, 8)), 4)`.

    No module has the name of such a place: the outer one is `g.linear_2`.
    """
    place = ".".join([*labels, ""])
    return any(one.startswith(place) for one in taken)


def text_name(tree: Syntax) -> str:
    """A name for a piece of the loss that has none: what it calls first, and its text's digest.

    >>> from kdgraph.lang.parse import expression
    >>> text_name(expression("mse(linear(teacher.features, 4), student.features)"))
    'mse_6d45c5'
    """
    called = [one.callee for one in tree.walk() if isinstance(one, Call)]
    words = (one.id for one in called if isinstance(one, Name))
    digest = sha256(write(tree).encode()).hexdigest()[:LETTERS]
    return f"{next(words, 'term')}_{digest}"
