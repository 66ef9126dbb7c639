"""A recipe on a setting: what `check` looks at and `run` trains. Nothing here imports torch.

Precedence, the later wins: setting, recipe, stage, `--set`.
"""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kdgraph.compiler import Analysis, analyse, stage_world
from kdgraph.condense_check import told_of_condense
from kdgraph.data.spec import DataSpec
from kdgraph.graph.condensed import condenses
from kdgraph.graph.network import Network
from kdgraph.graph.world import World
from kdgraph.lang.condense import Condensing, condensing
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.ask import MissingValue
from kdgraph.lang.find import source_of
from kdgraph.lang.override import adapted, overridden
from kdgraph.lang.protocol import Protocol, Training, layered
from kdgraph.lang.read import Reading, read_all
from kdgraph.lang.recipe import Recipe, Stage
from kdgraph.lang.setting import Setting, find_setting, read_setting
from kdgraph.lang.source import Source
from kdgraph.lang.validate import validated
from kdgraph.lang.write import write
from kdgraph.lang.yaml_tree import Mapping, plain, read_tree
from kdgraph.protocols import Layer, below, command_layer, in_numbers, mistakes, written_layer
from kdgraph.setting_check import idle_models, random_teachers, setting_mistakes, stage_mistakes
from kdgraph.spare import with_named
from kdgraph.surroundings import data_spec, world_of

SECTIONS = ("data", "models", "train")
DEFAULT_SETTING = "digits"


@dataclass(frozen=True)
class Experiment:
    """A recipe read together with its setting.

    Attributes:
        said: what `--set` says of the setting, nested; it wins over setting, recipe and stage.
        analysis: the graphs of the stages, and what is wrong with them.
    """

    recipe: Recipe
    setting: Setting
    said: Dictionary[str, object]
    world: World
    analysis: Analysis

    @property
    def data(self) -> DataSpec:
        """The data to load."""
        return data_spec(self.setting)

    def layers(self, stage: Stage | None = None) -> list[Layer]:
        """What is said of how a stage is trained, the strongest last."""
        written = read_tree(self.setting.source).get("train")
        layers = [Layer(self.setting.protocol, written if isinstance(written, Mapping) else None)]
        own = (self.recipe.train, stage.train if stage is not None else None)
        layers += [Layer(validated(Protocol, one, "train"), one) for one in own if one is not None]
        layers.append(self._command("train"))
        if stage is not None and stage.epochs is not None:  # a share of what the command says
            layers.append(written_layer("epochs", write(stage.epochs), stage.epochs.span))
        return layers

    def protocol(self) -> Protocol:
        """How the recipe is trained where no stage says otherwise."""
        return layered(*(one.protocol for one in self.layers()))

    def training(self, stage: Stage, only: Protocol | None = None) -> Training:
        """The protocol of a stage in numbers.

        Args:
            stage: a stage of the recipe.
            only: entries that win over all others, such as a teacher's own.
        """
        whole = in_numbers(self.layers()).epochs
        own = [Layer(only)] if only is not None else []
        return in_numbers([*self.layers(stage), *own], epochs=float(whole))

    def condensing(self, stage: Stage, only: Protocol | None = None) -> Condensing | None:
        """How a stage condenses its training set; None where it doesn't."""
        if not condenses(self.recipe, stage, stage_world(self.world, stage)):
            return None
        return condensing(self.recipe, self.training(stage, only).epochs)

    def condense_mistakes(self) -> list[Diagnostic]:
        """What is wrong with `condense:` in the stages that it works in."""
        stages = [
            (stage, stage_world(self.world, stage), self.training(stage).epochs)
            for stage, _ in self.analysis.stages
        ]
        return told_of_condense(self.recipe, stages)

    def protocol_mistakes(self) -> list[Diagnostic]:
        """Values of `train:`, of any stage or model, that are no number or out of range."""
        found = mistakes(self.layers())
        if found:
            return found
        whole = float(in_numbers(self.layers()).epochs)
        for stage, _ in self.analysis.stages:
            found += mistakes(self.layers(stage), epochs=whole)
        models = read_tree(self.setting.source).get("models")
        for name, spec in self.setting.models.items():
            if spec.train.model_fields_set:
                written = below(models, f"{name}.train")
                own = Layer(spec.train, written if isinstance(written, Mapping) else None)
                told = self._command(f"models.{name}.train")
                found += mistakes([*self.layers(), own, told], epochs=whole)
        return list({(one.headline, one.span): one for one in found}.values())

    def _command(self, path: str) -> Layer:
        """What `--set` says of the protocol that stands under a dotted name."""
        at: object = self.said
        for step in path.split("."):
            at = at.get(step, {}) if isinstance(at, Dictionary) else {}
        return command_layer(path, at if isinstance(at, Dictionary) else {})

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What stops a run."""
        return self.analysis.errors


def parted(pairs: Dictionary[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """`--set` pairs, those of the recipe and those of the setting (nested)."""
    recipe: dict[str, object] = {}
    setting: dict[str, object] = {}
    for name, value in pairs.items():
        head, *path = name.split(".")
        if head not in SECTIONS or not path:
            recipe[name] = value
            continue
        at = setting.setdefault(head, {})
        for step in path[:-1]:
            assert isinstance(at, dict)
            below = at.setdefault(step, {})
            at[step] = below if isinstance(below, dict) else {"name": below}
            at = at[step]
        assert isinstance(at, dict)
        last = at.get(path[-1])
        if isinstance(last, dict):  # `models.student=resnet8` beside `models.student.weights=…`
            last["name"] = _value(value)
        else:
            at[path[-1]] = _value(value)
    return recipe, setting


def _value(value: object) -> object:
    """A value of the command line as YAML reads it."""
    if not isinstance(value, str):
        return value
    try:
        tree = read_tree(Source("command line", f"value: {value}"))
    except RecipeError:
        return value
    return plain(tree.entries[0][1])


def pairs_of(words: Sequence[str]) -> dict[str, str]:
    """`name=value` words as pairs.

    Raises:
        RecipeError: a word without `=`.
    """
    pairs: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name.strip():
            raise RecipeError(MissingValue(word=word, name=name.strip() or "β"))
        pairs[name.strip()] = value.strip()
    return pairs


def examine(
    recipe: str | Path | Recipe,
    on: str | None = None,
    values: Dictionary[str, object] | None = None,
    networks: Dictionary[str, Network] | None = None,
) -> Experiment:
    """Read a recipe and its setting, and check one against the other.

    Args:
        recipe: a path, a shipped name, or a recipe.
        on: the setting; else the one that the recipe names.
        values: `--set` pairs.
        networks: what is known of the models from the real ones.

    Raises:
        RecipeError: a text can't be read at all; other mistakes are in the result.
    """
    names, nested = parted(values or {})
    text = Reading(recipe) if isinstance(recipe, Recipe) else read_all(source_of(recipe))
    if not text.is_whole:
        raise RecipeError(*text.mistakes)
    read = text.recipe
    name, span = (on, None) if on else read.setting or (DEFAULT_SETTING, None)
    try:
        path = find_setting(name, Path(read.source.path).parent, span)
        setting = read_setting(path, nested)
    except RecipeError as error:
        raise RecipeError(*text.mistakes, *error.diagnostics) from None
    read = adapted(read, setting.name)
    read = overridden(read, names) if names else read
    setting = with_named(setting, read)
    world = world_of(read, setting, networks or {})
    analysis = analyse(read, world, setting.augment)
    found = Experiment(read, setting, nested, analysis.world, analysis)
    wrong = [*text.mistakes, *setting_mistakes(setting), *stage_mistakes(read)]
    wrong += [] if wrong else found.protocol_mistakes()
    wrong += [] if wrong else found.condense_mistakes()
    models = nested.get("models")
    if isinstance(models, dict) and not (wrong or analysis.errors):
        own = with_named(read_setting(path), read)
        wrong += idle_models(models, own, read, analysis)
    if not any(one.severity == "error" for one in (*wrong, *analysis.mistakes)):
        wrong += random_teachers(setting, analysis)
    told = _in_order([*wrong, *analysis.mistakes], read.source)
    if text.mistakes:  # a name may be used where nothing can be read
        told = [one for one in told if one.severity == "error"]
    return replace(found, analysis=replace(analysis, mistakes=tuple(told)))


def _in_order(mistakes: list[Diagnostic], first: Source) -> list[Diagnostic]:
    """Mistakes by their places; those of the recipe's own file come first."""

    def place(one: Diagnostic) -> tuple[bool, str, int]:
        if one.span is None:
            return False, "", 0
        return one.span.source.path != first.path, one.span.source.path, one.span.start

    return sorted(mistakes, key=place)
