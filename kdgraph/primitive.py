"""How a typed Python function becomes a word of the language.

    @primitive
    def mse(guess: Values[Tensor, "..."], truth: Values[Tensor, "..."]) -> Scalar: ...

A parameter annotated with a sort is an edge of the graph; one annotated with a number, a
truth value or a choice is a knob. The signature is the type rule; the docstring is the
page that `kdgraph explain` shows. Signatures are read from source text (`listing.py`), so
that listing the vocabulary imports no torch, or from a function at run time (here).
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, overload

from kdgraph.knobs import Knob, knob
from kdgraph.lang.syntax import canonical
from kdgraph.sorts import SORTS

REQUIRED = object()
FILLED_IN = frozenset(
    {"self", "draw", "together", "tell", "others", "each", "source", "examples", "rest", "network"}
)
"""parameters that whoever calls the code fills in, not the recipe"""
PLAIN = frozenset({"int", "float"})
"""types of Python's numbers in the annotation of an edge"""
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Parameter:
    """One slot of a signature: an edge with a sort and axes, or a knob with a type.

    Attributes:
        plain: an edge that takes a plain number as well: `Scalar`, or
            `Values[Tensor | float, "..."]`.
    """

    name: str
    sort: str = ""
    axes: str = ""
    knob: str = ""
    default: object = REQUIRED
    many: bool = False
    plain: bool = False

    def is_called(self, word: str) -> bool:
        """Whether a keyword of a recipe means this slot: `alpha` reads as `α` there."""
        return word in {self.name, canonical(self.name)}

    @property
    def is_edge(self) -> bool:
        """Whether the slot takes a value of the graph."""
        return bool(self.sort)

    @property
    def is_required(self) -> bool:
        """Whether a call must fill the slot."""
        return self.default is REQUIRED and not self.many

    @property
    def type(self) -> Knob:
        """What the knob takes."""
        found = knob(self.knob)
        assert found is not None
        return found


@dataclass(frozen=True)
class Signature:
    """A word of the language: what it takes, what it gives, where its code is.

    Attributes:
        kind: `primitive`, `module`, `memory`, `draw`, `compute` or `view`.
        couples: a row of the result depends on other rows of the batch.
        ordered: the order of the batch matters.
        gradient: `auto`, or `custom` where the backward is not the derivative.
        random: draws anew at each call.
    """

    name: str
    parameters: tuple[Parameter, ...]
    sort: str
    axes: str
    doc: str
    origin: str
    kind: str = "primitive"
    flags: tuple[tuple[str, object], ...] = ()
    run: Callable[..., Any] | None = field(default=None, compare=False, repr=False)

    def flag(self, name: str) -> object:
        """A declared property such as `couples`; False where nothing was declared."""
        return dict(self.flags).get(name, False)

    def parameter(self, name: str) -> Parameter | None:
        """The slot of that name."""
        return next((one for one in self.parameters if one.name == name), None)

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return self.doc.strip().split("\n")[0] if self.doc else ""

    def __str__(self) -> str:
        """The signature as people read it."""
        if self.flag("record"):
            return f"{self.name}(name=value, …)"
        return f"{self.name}({', '.join(_shown(one) for one in self.parameters)})"


def _shown(one: Parameter) -> str:
    name = f"*{one.name}" if one.many else one.name
    if one.is_required or one.many:
        return name
    default = "none" if one.default is None else one.default
    return f"{name}={str(default).lower() if isinstance(default, bool) else default}"


@overload
def primitive(function: Function) -> Function: ...
@overload
def primitive(**flags: object) -> Callable[[Function], Function]: ...
def primitive(function: Any = None, **flags: object) -> Any:
    """Make a pure function of tensors a word of the language.

    Args:
        function: annotated with sorts and knob types; its name becomes the word.
        **flags: `couples=True` where a row of the result depends on other rows;
            `ordered=True` where the order of the batch matters; `gradient="custom"`
            where the backward is not the derivative; `several="v"` where it compares the
            entries of `v` along the axis `over`, or the last, and one alone says nothing;
            `directed=True` where `target` is what `guess` should come to; `log="…"` names
            its twin in log-space, which takes the sides exchanged where it is `turned=True`;
            `require="low <= high"` what its numbers must be, at `check`.

    Returns:
        the function itself, with its `signature` attached and registered.

    Raises:
        TypeError: an annotation is neither a sort nor a knob type.
        ValueError: the word is taken.
    """
    return word(function, "primitive", flags)


def word(function: Any, kind: str, flags: dict[str, object]) -> Any:  # noqa: ANN401 - see the overloads
    """Register a function as a word of a kind; without a function, what registers one."""

    def register(one: Function) -> Function:
        from kdgraph.registry import REGISTRY

        made = signature_of(one, kind, flags)
        one.signature = made  # type: ignore[attr-defined]  # functions take attributes
        REGISTRY.add(made)
        return one

    return register if function is None else register(function)


def signature_of(function: Callable[..., Any], kind: str, flags: dict[str, object]) -> Signature:
    """Read the signature of an imported function from its own source text."""
    try:
        text = textwrap.dedent(inspect.getsource(function))
        node = ast.parse(text).body[0]
    except (OSError, SyntaxError) as error:
        msg = f"the source of {function.__qualname__} can't be read, so it can't become a word"
        raise TypeError(msg) from error
    assert isinstance(node, ast.FunctionDef)
    origin = f"{function.__module__}:{function.__qualname__}"
    doc = inspect.getdoc(function) or ""
    made = from_ast(node, kind, origin, tuple(sorted(flags.items())), doc)
    return Signature(**{**vars(made), "run": function})


def from_ast(
    node: ast.FunctionDef,
    kind: str,
    origin: str,
    flags: tuple[tuple[str, object], ...],
    doc: str | None = None,
) -> Signature:
    """Read a signature from the syntax tree of a function."""
    sort, axes = _sorted(node.returns, node.name)
    found = doc if doc is not None else ast.get_docstring(node) or ""
    return Signature(node.name, _parameters(node), sort, axes, found, origin, kind, flags)


def _parameters(node: ast.FunctionDef) -> tuple[Parameter, ...]:
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    padding: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    made = [
        _parameter(one, default, node.name)
        for one, default in zip(plain, [*padding, *arguments.defaults], strict=True)
    ]
    if arguments.vararg:
        made.append(_parameter(arguments.vararg, None, node.name, many=True))
    made += [
        _parameter(one, default, node.name)
        for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    return tuple(one for one in made if one.name not in FILLED_IN)


def _parameter(
    one: ast.arg, default: ast.expr | None, owner: str, *, many: bool = False
) -> Parameter:
    value = REQUIRED if default is None else ast.literal_eval(default)
    if one.arg in FILLED_IN:
        return Parameter(one.arg)
    if one.annotation is None:
        msg = f"{owner}: parameter {one.arg!r} needs a sort or a knob type"
        raise TypeError(msg)
    text = ast.unparse(one.annotation).replace("'", '"').removesuffix(" | None")
    if knob(text) is not None:
        return Parameter(one.arg, knob=text, default=value, many=many)
    sort, axes = _sorted(one.annotation, owner)
    plain = sort == "Scalar" or any(
        isinstance(part, ast.Name) and part.id in PLAIN for part in ast.walk(one.annotation)
    )
    return Parameter(one.arg, sort=sort, axes=axes, default=value, many=many, plain=plain)


def _sorted(node: ast.expr | None, owner: str) -> tuple[str, str]:
    """Sort and axes of an annotation such as `Logits[Tensor, "b k"]` or `Scalar`."""
    if isinstance(node, ast.BinOp):
        node = node.left
    if isinstance(node, ast.Name) and node.id == "Scalar":
        return "Scalar", ""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        sort = {"Values": "Tensor"}.get(node.value.id, node.value.id)
        inside = node.slice
        if sort in SORTS and isinstance(inside, ast.Tuple):
            axes = ast.literal_eval(inside.elts[1])
            return sort, str(axes)
    words = ast.unparse(node) if node else "nothing"
    msg = f'{owner}: {words} is no sort; write `Logits[Tensor, "b k"]` or `Scalar`'
    raise TypeError(msg)
