"""The section `define`: functions with their parameters."""

from __future__ import annotations

from kdgraph.lang.errors.names import TwoMeanings
from kdgraph.lang.recipe import Entry, Function, Slot
from kdgraph.lang.shapes import Shapes
from kdgraph.lang.syntax import Call, Compare, Missing, Name, Syntax
from kdgraph.lang.yaml_tree import Mapping, Node, Scalar, Sequence


def functions(shapes: Shapes, node: Node | None) -> dict[str, Function]:
    """The functions of `define:`; a head such as `kd(t, s, T=4)` is the key."""
    if node is None:
        return {}
    if not isinstance(node, Mapping):
        shapes.wrong(node, "define", "functions, `name(a, b, T=4): expression`")
        return {}
    found: dict[str, Function] = {}
    for key, value in node.entries:
        made = _function(shapes, key, value)
        if made is None:
            continue
        if made.name in found:
            first = found[made.name].key
            shapes.collect.mistakes.append(TwoMeanings(span=made.key, name=made.name, first=first))
        found[made.name] = made
    return found


def _function(shapes: Shapes, key: Scalar, value: Node) -> Function | None:
    head = shapes.collect.tree(key, "define")
    if isinstance(head, Missing):
        return None
    if not (isinstance(head, Call) and isinstance(head.callee, Name)) or not all(
        isinstance(one, Name) for one in head.arguments
    ):
        shapes.wrong(
            key, "define", "a head such as `name(a, b, T=4)`", f"`{key.text}`",
            advice="write the function's name, and its parameters in brackets",
        )  # fmt: skip
        return None
    slots = [Slot(one.id) for one in head.arguments if isinstance(one, Name)]
    slots += [Slot(one.name, one.value) for one in head.keywords]
    where: dict[str, Entry] = {}
    require: tuple[Compare, ...] = ()
    body: Node | None = value
    if isinstance(value, Mapping):
        shapes.keys(value, ("value", "where", "require"), f"`{head.callee.id}`")
        where = shapes.entries(value.get("where"), "where")
        require = _required(shapes, value.get("require"))
        body = value.get("value")
    if body is None:
        shapes.wrong(value, f"define.{head.callee.id}", "an expression under `value`")
        tree: Syntax = Missing(value.span)
    else:
        tree = shapes.collect.tree(body, "define")
    return Function(head.callee.id, key.span, tuple(slots), tree, where, require=require)


def _required(shapes: Shapes, node: Node | None) -> tuple[Compare, ...]:
    """What a function asks of its numbers: `require: T > 0`, or a list of such comparisons."""
    if node is None:
        return ()
    found: list[Compare] = []
    for one in node.items if isinstance(node, Sequence) else (node,):
        tree = shapes.collect.tree(one, "define")
        if isinstance(tree, Compare):
            found.append(tree)
        elif not isinstance(tree, Missing):
            shapes.wrong(one, "require", "a comparison such as `T > 0`, or a list of them")
    return tuple(found)
