"""What a setting makes known of data and models without opening either."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kdgraph.data.known import KNOWN as DATA_SETS
from kdgraph.data.known import Facts, facts
from kdgraph.data.spec import DataSpec
from kdgraph.graph.network import Network
from kdgraph.graph.world import World
from kdgraph.lang.recipe import Recipe
from kdgraph.lang.setting import Setting
from kdgraph.lang.yaml_tree import Scalar
from kdgraph.models.sizes import known_sizes


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
        counted=known.classes is not None,
        examples=known.train,
        tests=known.test,
        batch=_batch(recipe, setting),
        least=_least(recipe, setting, known.train),
        image=tuple(size for size in image if size is not None) if sized else None,
        chain=recipe.chain,
        spare=frozenset(name for name, spec in setting.models.items() if spec.spare),
    )


def _batch(recipe: Recipe, setting: Setting) -> int:
    """How many images a step sees at least, whoever has the last word."""
    said = [recipe.train, *(stage.train for stage in recipe.stages)]
    nodes = [one.get("batch") for one in said if one is not None]
    values = [one.value for one in nodes if isinstance(one, Scalar)]
    return min(setting.protocol.batch, *(n for n in values if isinstance(n, int) and n > 0), 10**6)


def _least(recipe: Recipe, setting: Setting, examples: int | None) -> int | None:
    """How many images the last batch of an epoch has; None where a recipe has its own protocol."""
    own = (recipe.train, *(stage.train for stage in recipe.stages))
    if examples is None or any(one is not None for one in own):
        return None
    batch = setting.protocol.batch
    rest = 0 if setting.protocol.drop_last and examples > batch else examples % batch
    return rest or min(batch, examples)


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
    image = (known.channels, known.height, known.width)
    return Network(name, network, aliases, flat, classes=known.classes, image=image)
