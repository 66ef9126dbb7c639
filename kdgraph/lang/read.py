"""A recipe's file to a `Recipe`; every mistake of the file is found in one reading."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kdgraph import files
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.names import TwoMeanings, UnknownKey, UnknownRecipe
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.errors.text import UnreadableFile, WrongShape
from kdgraph.lang.expressions import Collector
from kdgraph.lang.recipe import Entry, Function, Recipe, Slot, Stage
from kdgraph.lang.source import Source, Span
from kdgraph.lang.syntax import Call, Name
from kdgraph.lang.yaml_tree import Mapping, Node, Scalar, Sequence, read_tree, words

SECTIONS = (
    "title", "cite", "extends", "use", "setting", "loss", "where", "views", "modules", "define",
    "stages", "chain", "forward", "train", "adapt", "metrics", "condense",
)  # fmt: skip
STAGE_KEYS = ("name", "trains", "loss", "epochs", "train", "mode", "for", "compute")
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


def find_recipe(name: str, beside: Path | None = None, span: Span | None = None) -> Path:
    """The file of a recipe: a path, a path beside another recipe, or a shipped name."""
    tries = [Path(name)] if beside is None else [beside / name, Path(name)]
    stem = name.removeprefix("recipes/").removesuffix(".kd")
    shipped = {path.stem: path for path in files.recipes()}
    for path in tries:
        if path.is_file():
            return path
    if stem in shipped and "/" not in stem:
        return shipped[stem]
    advice = suggest(stem, shipped) or f"the shipped ones are {', '.join(sorted(shipped))}"
    raise RecipeError(UnknownRecipe(span=span, name=name, advice=advice))


def read_recipe(source: Source, depth: int = 0) -> Recipe:
    """The recipe that a text holds, on top of those it extends.

    Raises:
        RecipeError: with every mistake of the file.
    """
    tree = read_tree(source)
    collect = Collector()
    recipe = _Reader(source, collect).recipe(tree)
    mistakes = list(collect.mistakes)
    beside = Path(source.path).parent
    base: Recipe | None = None
    node = tree.get("extends")
    if isinstance(node, Scalar):
        base = _other(node.text, beside, node.span, depth, mistakes)
    use: dict[str, Recipe] = {}
    for name, span in _names(tree.get("use")):
        other = _other(name, beside, span, depth, mistakes)
        if other is not None:
            use[other.name] = other
    if mistakes:
        raise RecipeError(*mistakes)
    recipe = Recipe(**{**vars(recipe), "use": use})
    return recipe.over(base) if base else recipe


def _other(
    name: str, beside: Path, span: Span, depth: int, mistakes: list[Diagnostic]
) -> Recipe | None:
    if depth >= DEEPEST_EXTENDS:
        advice = f"`extends` may be {DEEPEST_EXTENDS} recipes deep; this one seems to run in a circle"
        mistakes.append(UnknownRecipe(span=span, name=name, advice=advice))
        return None
    try:
        return read_recipe(load_text(find_recipe(name, beside, span)), depth + 1)
    except RecipeError as error:
        mistakes.extend(error.diagnostics)
        return None


def _names(node: Node | None) -> list[tuple[str, Span]]:
    if isinstance(node, Scalar):
        return [(node.text, node.span)]
    if isinstance(node, Sequence):
        return [(one.text, one.span) for one in node.items if isinstance(one, Scalar)]
    return []


class _Reader:
    """Reads one file's sections, noting mistakes as it goes."""

    def __init__(self, source: Source, collect: Collector) -> None:
        self.source = source
        self.collect = collect

    def recipe(self, tree: Mapping) -> Recipe:
        self._keys(tree, SECTIONS, "a recipe")
        loss = tree.get("loss")
        setting = tree.get("setting")
        adapt = self._mapping(tree, "adapt")
        forward = self._text(tree, "forward") or "joint"
        if forward not in {"joint", "separate"}:
            self._wrong(tree.get("forward"), "forward", "`joint` or `separate`")
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
            condense=self.entries(tree.get("condense"), "condense"),
            adapt={
                key.text: self.entries(value, f"adapt.{key.text}")
                for key, value in (adapt.entries if adapt else ())
            },
            chain=tuple(name for name, _ in _names(tree.get("chain"))),
            setting=(setting.text, setting.span) if isinstance(setting, Scalar) else None,
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
            if entry is not None:
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
        if head is None:
            return None
        if not (isinstance(head, Call) and isinstance(head.callee, Name)) or not all(
            isinstance(one, Name) for one in head.arguments
        ):
            self._wrong(key, "define", "a head such as `name(a, b, T=4)`")
            return None
        slots = [Slot(one.id) for one in head.arguments if isinstance(one, Name)]
        slots += [Slot(one.name, one.value) for one in head.keywords]
        where: dict[str, Entry] = {}
        body: Node | None = value
        if isinstance(value, Mapping):
            self._keys(value, ("value", "where"), f"`{head.callee.id}`")
            where = self.entries(value.get("where"), "where")
            body = value.get("value")
        tree = self.collect.tree(body, "define") if body is not None else None
        if body is None:
            self._wrong(value, f"define.{head.callee.id}", "an expression under `value`")
        if tree is None:
            return None
        return Function(head.callee.id, key.span, tuple(slots), tree, where)

    def stages(self, node: Node | None) -> tuple[Stage, ...]:
        """The stages, in their order."""
        if node is None:
            return ()
        if not isinstance(node, Sequence):
            self._wrong(node, "stages", "a list of stages")
            return ()
        made = [self.stage(one, number) for number, one in enumerate(node.items, 1)]
        return tuple(one for one in made if one is not None)

    def stage(self, node: Node, number: int) -> Stage | None:
        if not isinstance(node, Mapping):
            self._wrong(node, "a stage", "a mapping such as `{name: head, trains: [head]}`")
            return None
        self._keys(node, STAGE_KEYS, "a stage")
        read: Callable[[str], Node | None] = node.get
        loss, epochs, compute = read("loss"), read("epochs"), read("compute")
        mode = self._mapping(node, "mode")
        loop = read("for")
        each = self.collect.loop(loop) if isinstance(loop, Scalar) else None
        if loop is not None and each is None and not isinstance(loop, Scalar):
            self._wrong(loop, "for", "a loop such as `m in chain[1:]`")
        return Stage(
            name=self._text(node, "name") or f"stage {number}",
            span=node.span,
            trains=tuple(_names(read("trains"))),
            loss=self.collect.tree(loss, "loss") if loss else None,
            epochs=self.collect.tree(epochs, "epochs") if epochs else None,
            train=self._mapping(node, "train"),
            mode=tuple(
                (key.text, value.text)
                for key, value in (mode.entries if mode else ())
                if isinstance(value, Scalar)
            ),
            each=each,
            compute=self.collect.tree(compute, "compute") if compute else None,
        )

    def _keys(self, node: Mapping, known: tuple[str, ...], section: str) -> None:
        for key, _ in node.entries:
            if key.text not in known:
                advice = suggest(key.text, known) or f"{section} takes {', '.join(known)}"
                self.collect.mistakes.append(
                    UnknownKey(span=key.span, section=section, key=key.text, advice=advice)
                )

    def _wrong(self, node: Node | None, key: str, expected: str) -> None:
        assert node is not None
        self.collect.mistakes.append(
            WrongShape(span=node.span, key=key, expected=expected, found=words(node))
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
