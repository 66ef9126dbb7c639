"""The `views:` section to a list of steps: which augmentation of what, in which order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kdgraph.graph.borrow import lender
from kdgraph.graph.build import Builder
from kdgraph.graph.graph import shown_count
from kdgraph.graph.nodes import MOST_ELEMENTS
from kdgraph.graph.scope import Scope
from kdgraph.graph.view_knobs import ViewKnobs
from kdgraph.graph.view_sizes import view_elements, view_form, view_rows, view_sizes
from kdgraph.graph.world import View, World
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.arguments import MissingArgument
from kdgraph.lang.errors.collections import OutOfRange
from kdgraph.lang.errors.foreign import foreign_function
from kdgraph.lang.errors.graph import Cycle, TooLarge
from kdgraph.lang.errors.memory import RandomView, ViewShape
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.recipe import Entry, Function, Recipe
from kdgraph.lang.syntax import Attribute, Call, Index, Missing, Name, Syntax
from kdgraph.lang.write import write
from kdgraph.primitive import Signature
from kdgraph.registry import REGISTRY
from kdgraph.viewstep import RAW, ViewStep

AUGMENT = "augment"
"""what the setting does to an image"""
OTHERS = "images"
"""the word behind `image[j]`: other images of the data set, by their numbers"""


@dataclass
class ViewPlan:
    """The views of a recipe, and what makes them.

    Attributes:
        views: by name, in the order of the section; `x` comes first where the section
            does not say otherwise.
        steps: what to do, each after what it needs.
    """

    views: dict[str, View]
    steps: list[ViewStep] = field(default_factory=list)
    mistakes: list[Diagnostic] = field(default_factory=list)
    used: set[str] = field(default_factory=set)


def plan_views(
    recipe: Recipe, augment: Syntax | None, library: dict[str, Function], world: World
) -> ViewPlan:
    """Plan the views.

    Args:
        recipe: its section `views`, if it has one.
        augment: the setting's own augmentation: the view `x` where the recipe has none.
        library: functions that knobs may use.
        world: sizes that knobs may use.
    """
    entries = dict(recipe.views)
    if "x" not in entries and "x" not in recipe.where:
        tree = augment
        if tree is None:
            entries = {
                "x": Entry("x", recipe.source_span, Name(recipe.source_span, RAW)),
                **entries,
            }
        else:
            entries = {"x": Entry("x", tree.span, tree), **entries}
    entries |= _lent(recipe)
    planner = _Planner(entries, Builder(recipe=recipe, library=library, world=world), augment)
    for name in entries:
        planner.view(name, entries[name].tree)
    views = {name: planner.views.get(name, View(name, None)) for name in entries}
    mistakes = [*planner.mistakes, *planner.build.mistakes.values()]
    return ViewPlan(views, planner.steps, mistakes, planner.build.used)


def _lent(recipe: Recipe, path: tuple[str, ...] = ()) -> dict[str, Entry]:
    """The views of the recipes in `use`, under their names: `sskd.rot`."""
    found: dict[str, Entry] = {}
    for name, other in recipe.use.items():
        inside = (*path, name)
        found |= {".".join([*inside, one]): entry for one, entry in other.views.items()}
        found |= _lent(other, inside)
    return found


class _Planner:
    """Walks the expressions of the views, depth first."""

    def __init__(self, entries: dict[str, Entry], build: Builder, augment: Syntax | None) -> None:
        self.entries = entries
        self.build = build
        self.augment = augment
        self.raw = View(RAW, sizes=build.world.image)
        self.views: dict[str, View] = {}
        self.steps: list[ViewStep] = []
        self.mistakes: list[Diagnostic] = []
        self.open: list[str] = []
        self.path: tuple[str, ...] = ()
        self.sites: dict[str, int] = {}

    def view(self, name: str, tree: Syntax) -> View:
        """Plan a named view, once."""
        if name in self.views:
            return self.views[name]
        self.open.append(name)
        path, self.path = self.path, tuple(name.split(".")[:-1])
        made = self.step(tree, name, name)
        self.path = path
        self.open.pop()
        return self.views.setdefault(name, made or View(name, None))

    def step(self, tree: Syntax, name: str, label: str) -> View | None:
        """Plan one expression; its result is called `name`."""
        if isinstance(tree, Missing):
            return View(name, None)
        if isinstance(tree, Name) or self._is_lent(tree):
            found = self._named(tree)
            return self._same(found, name) if found is not None else None
        if isinstance(tree, Index) and len(tree.cells) == 1:
            callee = Name(tree.span, OTHERS)
            tree = Call(tree.span, callee, (tree.value, tree.cells[0]), ())
        if isinstance(tree, Call) and tree.callee == Name(tree.span, AUGMENT):
            return self._augmented(tree, name, label)
        if not isinstance(tree, Call) or not isinstance(tree.callee, Name):
            self.mistakes.append(ViewShape(span=tree.span, words=write(tree)))
            return None
        made = REGISTRY.get(tree.callee.id)
        if made is None or made.kind != "view":
            known = [one.name for one in REGISTRY if one.kind == "view"]
            word, listed = tree.callee.id, "`kdgraph list words` names the augmentations"
            advice = foreign_function(word, known) or suggest(word, known) or listed
            self.mistakes.append(
                RandomView(span=tree.callee.span, name=tree.callee.id, advice=advice)
            )
            return None
        return self._call(made, tree, name, label)

    def _same(self, found: View, name: str) -> View:
        if name == found.name:
            return found
        self.steps.append(ViewStep(name, "same", (found.name,), rows=found.rows or 1))
        return replace(found, name=name, mixes=False)

    def _augmented(self, tree: Call, name: str, label: str) -> View | None:
        """`augment(v)`: what the setting does to an image, with draws of its own."""
        if not tree.arguments:
            usage = f"{AUGMENT}(image)"
            self.mistakes.append(
                MissingArgument(span=tree.span, function=AUGMENT, slot="image", usage=usage)
            )
            return None
        if self.augment is None:
            return self.step(tree.arguments[0], name, label)
        inner = self._input(tree.arguments[0], f"{name}.", label)
        if inner is None:
            return None
        outer, self.raw = self.raw, inner
        made = self.step(self.augment, name, label)
        self.raw = outer
        return made

    def _input(self, tree: Syntax, name: str, label: str) -> View | None:
        if isinstance(tree, Name) or self._is_lent(tree):
            return self._named(tree)
        return self.step(tree, name, label)

    def _is_lent(self, tree: Syntax) -> bool:
        return isinstance(tree, Attribute) and self._full(write(tree)) in self.entries

    def _full(self, name: str) -> str:
        """The name as the outermost recipe knows it; the default view is everybody's."""
        full = ".".join([*self.path, name])
        return name if full not in self.entries and name == "x" else full

    def _scope(self) -> Scope:
        """Where the numbers in an expression are looked up."""
        scope = self.build.top
        for name in self.path:
            scope = lender(self.build, scope, name, self.build.recipe.source_span).scope
        return scope

    def _named(self, tree: Syntax) -> View | None:
        name = write(tree)
        if name == RAW:
            return self.raw
        name = self._full(name)
        if name in self.open:
            circle = self.open[self.open.index(name) :]
            path = " → ".join(f"`{one}`" for one in [*circle, name])
            self.mistakes.append(Cycle(span=tree.span, name=name, path=path))
            for one in circle:
                self.views.setdefault(one, View(one, None))
            return None
        if name in self.entries:
            self.build.used.add(name)
            return self.view(name, self.entries[name].tree)
        advice = suggest(name, {*self.entries, RAW}) or ViewShape.advice
        self.mistakes.append(ViewShape(span=tree.span, words=write(tree), advice=advice))
        return None

    def _call(self, made: Signature, tree: Call, name: str, label: str) -> View | None:
        edges = [slot for slot in made.parameters if slot.is_edge and slot.sort == "Image"]
        values = [slot for slot in made.parameters if slot.is_edge and slot.sort != "Image"]
        missing = [one for one in (*edges, *values)[len(tree.arguments) :] if one.is_required]
        if missing or not tree.arguments:
            slot = (*missing, *edges)[0].name
            self.mistakes.append(
                MissingArgument(span=tree.span, function=made.name, slot=slot, usage=str(made))
            )
            return None
        inputs: list[View] = []
        most = len(tree.arguments) if edges[0].many else len(edges)
        for place, argument in enumerate(tree.arguments[:most]):
            found = self._input(argument, f"{name}.{place}" if place else f"{name}.", label)
            if found is None:
                return None
            inputs.append(found)
        at = tuple(map(self._seen_from_outside, tree.arguments[most:][: len(values)]))
        reading = ViewKnobs(self.build, made, tree, self._scope())
        knobs = reading.read(most + len(at))
        self.mistakes += reading.mistakes
        knobs |= {slot.name: write(one) for slot, one in zip(values, at, strict=False)}
        count = self.sites.get(f"{label}/{made.name}", 0)
        self.sites[f"{label}/{made.name}"] = count + 1
        site = f"{label}/{made.name}" + (f"#{count}" if count else "")
        rows, of = view_rows(made, inputs, knobs)
        if of is not None and inputs[0].rows is not None and not 0 <= of[1] < inputs[0].rows:
            last = inputs[0].rows - 1
            self.mistakes.append(
                OutOfRange(span=tree.span, index=of[1], count=inputs[0].rows, last=last)
            )
        sizes = view_sizes(made, inputs[0].sizes, knobs)
        pixels = view_elements(made, rows, sizes, knobs, self.build.world.batch or 1)
        if pixels > MOST_ELEMENTS:
            told = f"{shown_count(pixels)} pixels, more than {shown_count(MOST_ELEMENTS)}"
            what = f"`{write(tree)}` would hold {told}"
            self.mistakes.append(TooLarge(span=tree.span, what=what))
            return None
        sources = tuple(view.name for view in inputs)
        self.steps.append(ViewStep(name, made.name, sources, tuple(knobs.items()), site, rows or 1))
        within = tuple(dict.fromkeys([*(one for view in inputs for one in view.at), *at]))
        mixes = bool(made.flag("mixes"))
        return View(name, rows, of, within, sizes, view_form(made, inputs, knobs), mixes)

    def _seen_from_outside(self, tree: Syntax) -> Syntax:
        """A value as the outermost recipe writes it: `j` of a recipe in use is `mixed.j`."""
        for name in reversed(self.path) if isinstance(tree, Name) else ():
            tree = _within(name, tree)
        return tree


def _within(owner: str, tree: Syntax) -> Syntax:
    """`owner.tree`."""
    if isinstance(tree, Attribute):
        return Attribute(tree.span, _within(owner, tree.value), tree.name, tree.at)
    assert isinstance(tree, Name)
    return Attribute(tree.span, Name(tree.span, owner), tree.id, tree.span)
