"""A recipe on a setting: what `check` looks at and `run` trains. Nothing here imports torch.

Precedence, the later wins: setting, recipe, stage, `--set`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kdgraph.compiler import Analysis, analyse, load
from kdgraph.data import check as data_check
from kdgraph.data.known import KNOWN as DATA_SETS
from kdgraph.data.known import Facts, facts
from kdgraph.data.spec import DataSpec
from kdgraph.graph.network import Network
from kdgraph.graph.world import World
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.data import NoRoot
from kdgraph.lang.errors.names import UnknownOverride
from kdgraph.lang.override import overridden
from kdgraph.lang.protocol import Protocol, layered
from kdgraph.lang.recipe import Recipe, Stage
from kdgraph.lang.setting import Setting, find_setting, read_setting
from kdgraph.lang.source import Source
from kdgraph.lang.validate import validated
from kdgraph.lang.yaml_tree import plain, read_tree
from kdgraph.models import known as model_names
from kdgraph.models.sizes import known_sizes

SECTIONS = ("data", "models", "train")
DEFAULT_SETTING = "digits"


@dataclass(frozen=True)
class Experiment:
    """A recipe read together with its setting.

    Attributes:
        command: what `--set` says of `train:`; it wins over everything.
        analysis: the graphs of the stages, and what is wrong with them.
    """

    recipe: Recipe
    setting: Setting
    command: Protocol
    world: World
    analysis: Analysis

    @property
    def data(self) -> DataSpec:
        """The data to load."""
        return data_spec(self.setting)

    def protocol(self, stage: Stage | None = None) -> Protocol:
        """How a stage is trained, after precedence."""
        layers = [self.setting.protocol]
        if self.recipe.train is not None:
            layers.append(validated(Protocol, self.recipe.train, "train"))
        if stage is not None and stage.train is not None:
            layers.append(validated(Protocol, stage.train, "train"))
        return layered(*layers, self.command)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What stops a run."""
        return self.analysis.errors


def parted(pairs: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
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
            at[step] = below if isinstance(below, dict) else {}
            at = at[step]
        assert isinstance(at, dict)
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
            advice = "write a name, `=` and a value, as in `--set β=0.5`"
            raise RecipeError(UnknownOverride(name=name, value=value, advice=advice))
        pairs[name.strip()] = value.strip()
    return pairs


def examine(
    recipe: str | Path | Recipe,
    on: str | None = None,
    values: Mapping[str, object] | None = None,
    networks: Mapping[str, Network] | None = None,
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
    read = load(recipe)
    named = read.setting
    name, span = (on, None) if on else named or (DEFAULT_SETTING, None)
    setting = read_setting(find_setting(name, Path(read.source.path).parent, span), nested)
    adapted = read.adapt.get(setting.name, {})
    read = replace(read, where={**read.where, **adapted})
    read = overridden(read, names) if names else read
    command = nested.get("train", {})
    world = world_of(read, setting, networks or {})
    analysis = analyse(read, world, setting.augment)
    checked = Protocol.model_validate(command)
    mistakes = [*_setting_mistakes(setting), *_stage_mistakes(read), *analysis.mistakes]
    analysis = replace(analysis, mistakes=tuple(mistakes))
    return Experiment(read, setting, checked, analysis.world, analysis)


def data_spec(setting: Setting) -> DataSpec:
    """The data of a setting, as the loaders take them."""
    fields = setting.data.model_dump(exclude={"augment"})
    root = fields["root"]
    if isinstance(root, str) and not Path(root).expanduser().is_absolute():
        beside = Path(setting.source.path).parent / root
        fields["root"] = str(beside if beside.exists() and not Path(root).exists() else root)
    return DataSpec(**fields)


def world_of(recipe: Recipe, setting: Setting, real: Mapping[str, Network]) -> World:
    """What is known of data and models without opening either."""
    known = data_facts(setting)
    image = (known.channels, known.height, known.width)
    sized = None not in image
    networks: dict[str, Network] = {}
    for name, spec in setting.models.items():
        if name in real:
            networks[name] = real[name]
            continue
        found = _known_network(name, spec.name, known)
        networks[name] = found or Network(name, spec.name, classes=known.classes)
    student = networks["student"].classes
    return World(
        networks=networks,
        classes=known.classes or student,
        examples=known.train,
        image=tuple(size for size in image if size is not None) if sized else None,
        chain=recipe.chain,
    )


def data_facts(setting: Setting) -> Facts:
    """Classes, channels and sizes of the data; nothing where the name is unknown."""
    spec = data_spec(setting)
    return facts(spec) if spec.name in DATA_SETS else Facts()


def _known_network(name: str, network: str, known: Facts) -> Network | None:
    """What the table of the zoo says about a model."""
    if None in {known.classes, known.channels, known.height, known.width}:
        return None
    assert known.classes is not None
    assert known.channels is not None
    assert known.height is not None
    assert known.width is not None
    sizes = known_sizes(network, known.classes, known.channels, known.height, known.width)
    if sizes is None:
        return None
    aliases: dict[str, str | tuple[str, ...]] = {}
    flat: dict[str, tuple[int, ...]] = {}
    for alias, size in sizes.items():
        if size and isinstance(size[0], tuple):
            aliases[alias] = tuple(f"{alias}[{place}]" for place in range(len(size)))
            flat |= {f"{alias}[{place}]": one for place, one in enumerate(size)}
        else:
            aliases[alias] = alias
            flat[alias] = size  # type: ignore[assignment]  # one shape, not several
    return Network(name, network, aliases, flat, None, known.classes)


def _setting_mistakes(setting: Setting) -> list[Diagnostic]:
    """Unknown data sets and networks; a root is only asked for when data are read."""
    mistakes = [
        one for one in data_check.mistakes(data_spec(setting)) if not isinstance(one, NoRoot)
    ]
    for name, spec in setting.models.items():
        span = setting.spans.get(name)
        try:
            library, plain_name = model_names.split(spec.name, span=span)
            if not library:
                model_names.find(plain_name, span=span)
        except RecipeError as error:
            mistakes += error.diagnostics
    return mistakes


def _stage_mistakes(recipe: Recipe) -> list[Diagnostic]:
    """The protocol entries of the recipe and of its stages."""
    mistakes: list[Diagnostic] = []
    nodes = [recipe.train, *(stage.train for stage in recipe.stages)]
    for node in nodes:
        if node is None:
            continue
        try:
            validated(Protocol, node, "train")
        except RecipeError as error:
            mistakes += error.diagnostics
    return mistakes


