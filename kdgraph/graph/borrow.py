"""Recipes of `use`: each lends its names, functions, modules and views under its own name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kdgraph.graph.scope import Bound, Scope
from kdgraph.graph.values import Inner, Maker, Model, Point, Unknown, Value
from kdgraph.lang.errors.names import Disagreement, UnknownField
from kdgraph.lang.errors.suggest import nearest
from kdgraph.lang.recipe import Entry, Function, Recipe
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Attribute, Binary, Call, Name, Negative, Syntax, canonical
from kdgraph.lang.write import write

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

RAW = "image"


def lender(build: Builder, outer: Scope, name: str, span: Span) -> Inner:
    """A recipe of `use`, as the recipe around it sees it."""
    path = (*outer.path, name)
    full = ".".join(path)
    if full not in build.borrowed:
        assert outer.home is not None
        recipe = outer.home.use[name]
        if recipe.forward != build.recipe.forward:
            advice = f"write `forward: {recipe.forward}` here as well"
            what = "how views go through a model"
            build.note(Disagreement(span=span, recipe=full, what=what, advice=advice))
        lent = _lent(outer, name)
        own = {one: entry for one, entry in recipe.where.items() if "." not in one}
        other = {one: entry for one, (entry, _) in lent.items() if "." not in one}
        entries = {**own, **other}
        build.borrowed[full] = Scope(path, entries, _taught(build, recipe), lent=lent, home=recipe)
    return Inner(full, build.borrowed[full])


def _taught(build: Builder, recipe: Recipe) -> dict[str, Bound | Value]:
    """What a recipe calls the model that its stages loop over: here, the one of this stage."""
    here = next((one for one in build.top.bound.values()), Model("student"))
    return {stage.each[0]: here for stage in recipe.stages if stage.each}


def _lent(outer: Scope, name: str) -> dict[str, tuple[Entry, Scope]]:
    """Names inside the recipe `name` that recipes around it give other values; the outer wins."""
    assert outer.home is not None
    said = {one: (entry, outer) for one, entry in outer.home.where.items()} | outer.lent
    start = f"{name}."
    return {one.removeprefix(start): at for one, at in said.items() if one.startswith(start)}


def own_term(build: Builder, inner: Inner, span: Span) -> Value | None:
    """A recipe's term of its own name: that of `where`, or a call in its loss: `β·crd(…)`."""
    from kdgraph.graph.lookup import opened

    scope, name = inner.scope, inner.name.rpartition(".")[2]
    if name in scope.entries:
        return opened(build, name, scope, span)
    loss = scope.home.loss if scope.home else None
    calls = [one for one in _summands(loss) if isinstance(one, Call)] if loss else []
    found = [one for one in calls if isinstance(one.callee, Name) and one.callee.id == name]
    if len(found) != 1:
        return None
    labels, build.labels = build.labels, list(scope.path)
    build.direct = found[0]
    value = build.value(found[0], scope)
    build.labels = labels
    return value


def _summands(tree: Syntax) -> Iterator[Syntax]:
    waiting = [tree]
    while waiting:
        match waiting.pop():
            case Binary(op="+" | "-" | "*" | "/") as both:
                waiting += [both.right, both.left]
            case Negative() as negated:
                waiting.append(negated.value)
            case one:
                yield one


def names_of(inner: Inner) -> str:
    """The names inside a recipe, for a message."""
    few = 6
    listed = [f"`{inner.name}.{one}`" for one in inner.scope.entries]
    more = ", …" if len(listed) > few else ""
    return ", ".join(listed[:few]) + more if listed else "another recipe; it has no names"


def inner_name(build: Builder, value: Inner, tree: Attribute) -> Value:
    """`crd.s`: a name inside a recipe of `use`."""
    from kdgraph.graph.lookup import opened

    scope = value.scope
    recipe = scope.home
    assert recipe is not None
    name = canonical(tree.name)
    if name in scope.entries:
        return opened(build, name, scope, tree.span)
    if name in recipe.modules:
        return Maker(f"{value.name}.{name}", recipe.modules[name], scope)
    if name in recipe.use:
        return lender(build, scope, name, tree.span)
    view = view_called(build, name, scope, tree.span)
    if view is not None:
        return Point(build.view(view, tree.span))
    advice = _inside(recipe, value.name, tree.name)
    build.note(UnknownField(span=tree.at, owner=value.name, name=tree.name, advice=advice))
    return Unknown()


def _inside(recipe: Recipe, owner: str, name: str) -> str:
    known = {*recipe.where, *recipe.views, *recipe.modules, *recipe.define, *recipe.use}
    found = nearest(name, known)
    listed = ", ".join(sorted(recipe.where)) or "no names"
    return f"did you mean `{owner}.{found}`?" if found else f"it has {listed}"


def lent_function(build: Builder, tree: Attribute, scope: Scope) -> tuple[Function, Scope] | None:
    """`dist.relation(…)`: a function inside a recipe of `use`, and the scope of its names."""
    inner = _recipe(build, tree.value, scope)
    function = inner.scope.function(canonical(tree.name)) if inner else None
    return (function, inner.scope) if inner and function else None


def _recipe(build: Builder, tree: Syntax, scope: Scope) -> Inner | None:
    """The recipe of `use` that an expression names, if it does."""
    name = tree.id if isinstance(tree, Name) else canonical(getattr(tree, "name", ""))
    root: Scope | None = None
    if isinstance(tree, Name) and scope.find(name) is None and name not in build.world.networks:
        root = scope.root
    elif isinstance(tree, Attribute):
        around = _recipe(build, tree.value, scope)
        root = around.scope if around else None
    if root is None or root.home is None or name not in root.home.use:
        return None
    return lender(build, root, name, tree.span)


def view_called(build: Builder, name: str, scope: Scope, span: Span) -> str | None:
    """The view that a name is here; those of a recipe of `use` stand under its name.

    The default view `x` is one for a whole step, so a recipe that makes its own can be used
    only where `x` is the same.
    """
    root, views = scope.root, build.world.views
    full = ".".join([*root.path, name])
    if root.home is None or full == name:
        return name if name in views else None
    if name != "x":
        return full if full in views else None
    theirs, ours = root.home.views.get("x"), build.recipe.views.get("x")
    if theirs is not None and not (ours and _is_same(ours.tree, theirs.tree, full)):
        owner = ".".join(root.path)
        advice = f"write `x: {full}` under `views` here, or spell both alike"
        build.note(Disagreement(span=span, recipe=owner, what="the view `x`", advice=advice))
    return "x" if "x" in views else None


def _is_same(ours: Syntax, theirs: Syntax, full: str) -> bool:
    if write(ours) == full:
        return True
    called = {id(one.callee) for one in theirs.walk() if isinstance(one, Call)}
    names = {one.id for one in theirs.walk() if isinstance(one, Name) and id(one) not in called}
    return ours == theirs and names <= {RAW}
