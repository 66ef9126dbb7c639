"""A recipe's file to a `Recipe`; every mistake of the file is found in one reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from kdgraph import files
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.graph import Cycle
from kdgraph.lang.errors.names import NameClash, TwoMeanings, UnknownKey, UnknownName, UnknownRecipe
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.errors.text import DuplicateKey, TooDeep, UnreadableFile, WrongShape, WrongValue
from kdgraph.lang.expressions import Collector
from kdgraph.lang.recipe import Entry, Function, Recipe, Slot, Stage
from kdgraph.lang.source import Source, Span
from kdgraph.lang.syntax import Call, Missing, Name, Syntax
from kdgraph.lang.yaml_tree import Mapping, Node, Scalar, Sequence, read_tree, words

SECTIONS = (
    "title", "cite", "extends", "use", "setting", "loss", "where", "views", "modules", "define",
    "stages", "chain", "forward", "train", "adapt", "metrics", "condense",
)  # fmt: skip
CONDENSE_KEYS = ("value", "rounds", "every", "keep", "mix", "cost")
STAGE_KEYS = ("name", "trains", "loss", "epochs", "train", "mode", "for", "compute")
MODES = ("train", "eval")
RESERVED = {
    **dict.fromkeys(("y",), "the labels"),
    "i": "the index of an example",
    **dict.fromkeys(("epoch", "epochs", "step"), "the clock"),
    **dict.fromkeys(("classes", "examples"), "a size of the data"),
    "teachers": "the collection of all teachers",
    "chain": "the list of models in `chain:`",
    **dict.fromkeys(("true", "false", "none"), "a word of the language"),
}
"""names that a recipe can't give away"""
FORWARDS = ("joint", "separate")
HIDING = (UnknownKey, WrongShape, UnknownRecipe, UnreadableFile, Cycle)
"""mistakes that leave names without the place they stand in"""
DEEPEST_EXTENDS = 10


def load_text(path: str | Path) -> Source:
    """The text of a file.

    Raises:
        RecipeError: it can't be read, or is not UTF-8.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is not UTF-8"
        raise RecipeError(
            UnreadableFile(path=str(path), reason=reason, advice="save the file as UTF-8 text")
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RecipeError(UnreadableFile(path=str(path), reason=reason.lower())) from None
    return Source(str(path), text)


def source_of(recipe: str | Path) -> Source:
    """The text of a recipe that is given as a path, as the name of a shipped one, or as a text."""
    text = str(recipe)
    longest_path = 1000
    is_text = isinstance(recipe, str) and (": " in text or "\n" in text or len(text) > longest_path)
    return Source("<recipe>", text) if is_text else load_text(find_recipe(text))


def find_recipe(name: str, beside: Path | None = None, span: Span | None = None) -> Path:
    """The file of a recipe: a path, a path beside another recipe, or a shipped name."""
    places = [Path()] if beside is None else [beside, Path()]
    tries = [place / one for place in places for one in (name, f"{name}.kd")]
    stem = name.removeprefix("recipes/").removesuffix(".kd")
    shipped = {path.stem: path for path in files.recipes()}
    for path in tries:
        if path.is_file():
            return path
    if stem in shipped and "/" not in stem:
        return shipped[stem]
    near = {path.stem for place in places for path in place.glob("*.kd")}
    known = ", ".join(sorted(shipped))
    advice = suggest(stem, {*shipped, *near}) or f"the shipped ones are {known}"
    raise RecipeError(UnknownRecipe(span=span, name=name, advice=advice))


@dataclass(frozen=True)
class Reading:
    """A recipe as far as it can be read, and every mistake of its text."""

    recipe: Recipe
    mistakes: tuple[Diagnostic, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every name has its place, so that the graph is worth a look.

        Expressions that can't be read leave a hole that is never refused; a section that
        can't be read would make unknown names of all that is in it.
        """
        return not any(isinstance(one, HIDING) for one in self.mistakes)


def read_recipe(source: Source) -> Recipe:
    """The recipe that a text holds, on top of those it extends.

    Raises:
        RecipeError: with every mistake of the file.
    """
    reading = read_all(source)
    if reading.mistakes:
        raise RecipeError(*reading.mistakes)
    return reading.recipe


def read_all(source: Source, trail: tuple[str, ...] = ()) -> Reading:
    """Like `read_recipe`, with what can be read of a recipe beside its mistakes.

    Args:
        source: the text.
        trail: the files that lead here by `extends` and `use`.

    Raises:
        RecipeError: the text is no YAML, so that nothing of it can be read.
    """
    collect = Collector()
    tree = read_tree(source, collect.mistakes)
    reader = _Reader(source, collect)
    recipe = reader.recipe(tree)
    mistakes = collect.mistakes
    beside = Path(source.path).parent
    base: Recipe | None = None
    for name, span in reader.names(tree, "extends", one=True):
        base = _other(name, beside, span, trail, mistakes)
    use: dict[str, Recipe] = {}
    for name, span in reader.names(tree, "use"):
        other = _other(name, beside, span, trail, mistakes)
        if other is not None:
            use[other.name] = other
    recipe = replace(recipe, use=use)
    recipe = recipe.over(base) if base else recipe
    mistakes += [*_clashes(recipe), *_idle_adaptations(recipe)]
    return Reading(recipe, tuple(sorted(mistakes, key=_place)))


def _place(mistake: Diagnostic) -> int:
    return mistake.span.start if mistake.span else 0


def _idle_adaptations(recipe: Recipe) -> list[Diagnostic]:
    """Names of `adapt` that are none of the recipe: the setting would change nothing."""
    return [
        UnknownName(
            span=entry.key,
            name=name,
            advice=suggest(name, recipe.where) or "`adapt` gives names of `where` other values",
        )
        for entries in recipe.adapt.values()
        for name, entry in entries.items()
        if name not in recipe.where and entry.key.source == recipe.source
    ]


def _clashes(recipe: Recipe) -> list[Diagnostic]:
    """Names that would hide one another."""
    mistakes: list[Diagnostic] = []
    taken: dict[str, str] = dict(RESERVED)
    sections = ((recipe.views, "a view"), (recipe.modules, "a module"), (recipe.where, "a value"))
    for entries, what in sections:
        for name, entry in entries.items():
            if name in taken and entry.key.source == recipe.source:
                mistakes.append(NameClash(span=entry.key, name=name, what=taken[name]))
            taken.setdefault(name, what)
    return mistakes


def _other(
    name: str, beside: Path, span: Span, trail: tuple[str, ...], mistakes: list[Diagnostic]
) -> Recipe | None:
    trail = (*trail, span.source.path)
    try:
        path = find_recipe(name, beside, span)
        mistake = _endless(path, name, span, trail)
        if mistake is not None:
            mistakes.append(mistake)
            return None
        reading = read_all(load_text(path), trail)
    except RecipeError as error:
        mistakes.extend(error.diagnostics)
        return None
    mistakes.extend(reading.mistakes)
    return reading.recipe


def _endless(path: Path, name: str, span: Span, trail: tuple[str, ...]) -> Diagnostic | None:
    """The mistake of recipes that extend one another in a circle, or in a very long row."""
    seen = [Path(one).resolve() for one in trail]
    if path.resolve() in seen:
        circle = [*trail[seen.index(path.resolve()) :], name]
        shown = " → ".join(f"`{Path(one).name}`" for one in circle)
        return Cycle(span=span, name=Path(name).name, path=shown)
    if len(trail) > DEEPEST_EXTENDS:
        advice = "extend a recipe that is nearer to the first of them"
        return TooDeep(span=span, limit=DEEPEST_EXTENDS, advice=advice)
    return None


class _Reader:
    """Reads one file's sections, noting mistakes as it goes."""

    def __init__(self, source: Source, collect: Collector) -> None:
        self.source = source
        self.collect = collect

    def recipe(self, tree: Mapping) -> Recipe:
        self._keys(tree, SECTIONS, "a recipe")
        loss = tree.get("loss")
        adapt = self._mapping(tree, "adapt")
        condense = self._mapping(tree, "condense")
        if condense is not None:
            self._keys(condense, CONDENSE_KEYS, "`condense`")
        forward = self._text(tree, "forward") or "joint"
        chain = self.names(tree, "chain")
        if forward not in FORWARDS:
            self._choice(tree.get("forward"), "forward", FORWARDS)
        return Recipe(
            source=self.source,
            loss=self.collect.tree(loss, "loss") if loss else None,
            title=self._text(tree, "title"),
            cite=self._text(tree, "cite"),
            where=self.entries(tree.get("where"), "where"),
            views=self.entries(tree.get("views"), "views"),
            modules=self.entries(tree.get("modules"), "modules"),
            define=self.functions(tree.get("define")),
            metrics=self.entries(tree.get("metrics"), "metrics"),
            stages=self.stages(tree.get("stages")),
            condense=self.entries(condense, "condense"),
            adapt={
                key.text: self.entries(value, f"adapt.{key.text}")
                for key, value in (adapt.entries if adapt else ())
            },
            chain=tuple(name for name, _ in chain),
            chain_spans=tuple(span for _, span in chain),
            setting=next(iter(self.names(tree, "setting", one=True)), None),
            train=self._mapping(tree, "train"),
            forward=forward,
        )

    def entries(self, node: Node | None, section: str) -> dict[str, Entry]:
        """The names of a section with their expressions."""
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return {}
        if not isinstance(node, Mapping):
            self._wrong(node, section, "names with expressions, `name: expression`")
            return {}
        found: dict[str, Entry] = {}
        for key, value in node.entries:
            entry = self.collect.entry(key, value, section, flow=node.flow)
            if entry is None:
                continue
            if entry.name in found:
                self.collect.mistakes.append(
                    DuplicateKey(span=key.span, key=key.text, first=found[entry.name].key)
                )
            found[entry.name] = entry
        return found

    def functions(self, node: Node | None) -> dict[str, Function]:
        """The functions of `define:`; a head such as `kd(t, s, T=4)` is the key."""
        if node is None:
            return {}
        if not isinstance(node, Mapping):
            self._wrong(node, "define", "functions, `name(a, b, T=4): expression`")
            return {}
        found: dict[str, Function] = {}
        for key, value in node.entries:
            made = self.function(key, value)
            if made is None:
                continue
            if made.name in found:
                first = found[made.name].key
                self.collect.mistakes.append(
                    TwoMeanings(span=made.key, name=made.name, first=first)
                )
            found[made.name] = made
        return found

    def function(self, key: Scalar, value: Node) -> Function | None:
        head = self.collect.tree(key, "define")
        if isinstance(head, Missing):
            return None
        if not (isinstance(head, Call) and isinstance(head.callee, Name)) or not all(
            isinstance(one, Name) for one in head.arguments
        ):
            self._wrong(
                key, "define", "a head such as `name(a, b, T=4)`", f"`{key.text}`",
                advice="write the function's name, and its parameters in brackets",
            )  # fmt: skip
            return None
        slots = [Slot(one.id) for one in head.arguments if isinstance(one, Name)]
        slots += [Slot(one.name, one.value) for one in head.keywords]
        where: dict[str, Entry] = {}
        body: Node | None = value
        if isinstance(value, Mapping):
            self._keys(value, ("value", "where"), f"`{head.callee.id}`")
            where = self.entries(value.get("where"), "where")
            body = value.get("value")
        if body is None:
            self._wrong(value, f"define.{head.callee.id}", "an expression under `value`")
            tree: Syntax = Missing(value.span)
        else:
            tree = self.collect.tree(body, "define")
        return Function(head.callee.id, key.span, tuple(slots), tree, where)

    def stages(self, node: Node | None) -> tuple[Stage, ...]:
        """The stages, in their order."""
        if node is None:
            return ()
        if not isinstance(node, Sequence):
            self._wrong(node, "stages", "a list of stages")
            return ()
        made: list[Stage] = []
        for number, item in enumerate(node.items, 1):
            stage = self.stage(item, number)
            if stage is not None:
                made.append(stage)
        return tuple(made)

    def stage(self, node: Node, number: int) -> Stage | None:
        if not isinstance(node, Mapping):
            self._wrong(node, "a stage", "a mapping such as `{name: head, trains: [head]}`")
            return None
        self._keys(node, STAGE_KEYS, "a stage")
        read: Callable[[str], Node | None] = node.get
        loss, epochs, compute = read("loss"), read("epochs"), read("compute")
        modes, named = self.modes(node), read("name")
        loop = read("for")
        each = self.collect.loop(loop) if isinstance(loop, Scalar) else None
        if loop is not None and each is None and not isinstance(loop, Scalar):
            self._wrong(loop, "for", "a loop such as `m in chain[1:]`")
        return Stage(
            name=self._text(node, "name") or f"stage {number}",
            span=named.span if named else node.span,
            trains=tuple(self.names(node, "trains")),
            loss=self.collect.tree(loss, "loss") if loss else None,
            epochs=self.collect.tree(epochs, "epochs") if epochs else None,
            train=self._mapping(node, "train"),
            mode=tuple((name, word) for name, _, word in modes),
            mode_spans=tuple(span for _, span, _ in modes),
            each=each,
            compute=self.collect.tree(compute, "compute") if compute else None,
        )

    def modes(self, node: Mapping) -> tuple[tuple[str, Span, str], ...]:
        """Which models run in another mode than their usual one: `mode: {teacher: train}`."""
        mode = self._mapping(node, "mode")
        made: list[tuple[str, Span, str]] = []
        for key, value in mode.entries if mode else ():
            if isinstance(value, Scalar) and value.text in MODES:
                made.append((key.text, key.span, value.text))
            else:
                self._choice(value, f"mode.{key.text}", MODES)
        return tuple(made)

    def names(self, node: Mapping, key: str, *, one: bool = False) -> list[tuple[str, Span]]:
        """The names under a key: a list of them, or a single one."""
        found = node.get(key)
        if found is None or (isinstance(found, Scalar) and not found.text):
            return []
        items = found.items if isinstance(found, Sequence) and not one else (found,)
        names = [(item.text, item.span) for item in items if isinstance(item, Scalar)]
        if len(names) < len(items):
            self._wrong(found, key, "a name" if one else "a list of names, `[a, b]`")
        return names

    def _choice(self, node: Node | None, key: str, known: tuple[str, ...]) -> None:
        assert node is not None
        found = node.text if isinstance(node, Scalar) else words(node)
        expected = " or ".join(f"`{one}`" for one in known)
        advice = suggest(found, known) or f"write {expected}"
        self.collect.mistakes.append(
            WrongValue(
                span=node.span, key=key, expected=expected, found=f"found `{found}`", advice=advice
            )
        )

    def _keys(self, node: Mapping, known: tuple[str, ...], section: str) -> None:
        for key, _ in node.entries:
            if key.text not in known:
                advice = suggest(key.text, known) or f"{section} takes {', '.join(known)}"
                self.collect.mistakes.append(
                    UnknownKey(span=key.span, section=section, key=key.text, advice=advice)
                )

    def _wrong(
        self, node: Node, key: str, expected: str, found: str = "", advice: str = ""
    ) -> None:
        self.collect.mistakes.append(
            WrongShape(
                span=node.span,
                key=key,
                expected=expected,
                found=found or words(node),
                advice=advice or f"write {expected}",
            )
        )

    def _mapping(self, node: Mapping, key: str) -> Mapping | None:
        found = node.get(key)
        if found is None or isinstance(found, Mapping):
            return found
        self._wrong(found, key, "a mapping")
        return None

    def _text(self, node: Mapping, key: str) -> str:
        found = node.get(key)
        if found is None:
            return ""
        if isinstance(found, Scalar):
            return found.text.strip()
        self._wrong(found, key, "text")
        return ""
