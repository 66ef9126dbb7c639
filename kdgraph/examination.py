"""A recipe examined as deeply as its taps need: sizes come from a table, or from real networks.

Real networks are built without weights, on a device that computes nothing, and only where
a recipe taps a place whose size no table knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from kdgraph.experiment import Experiment, examine
from kdgraph.graph.graph import LossGraph
from kdgraph.graph.network import Network
from kdgraph.lang.arguments import check_text, check_values
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.surroundings import data_facts


def examined(
    recipe: str | Path,
    on: str | None = None,
    values: Mapping[str, object] | None = None,
    *,
    deep: bool = True,
) -> Experiment:
    """Examine a recipe on a setting, with the sizes of its taps where they can be known.

    Raises:
        RecipeError: a text can't be read at all; other mistakes are in the result.
    """
    experiment = examine(recipe, on, values)
    image = experiment.world.image
    if not deep or image is None or min(image) < 1 or experiment.world.classes is None:
        return experiment
    graphs = [built.graph for _, built in experiment.analysis.stages]
    real: dict[str, Network] = {}
    found: list[Diagnostic] = []
    for name, network in sorted(experiment.world.networks.items()):
        if _is_open(network, graphs, name):
            try:
                real[name] = _real(experiment, name)
            except RecipeError as error:
                found += error.diagnostics
    if real:
        experiment = examine(recipe, on, values, real)
    known = {str(one) for one in experiment.analysis.mistakes}
    more = tuple(one for one in found if str(one) not in known)
    mistakes = (*experiment.analysis.mistakes, *more)
    return replace(experiment, analysis=replace(experiment.analysis, mistakes=mistakes))


def _is_open(network: Network, graphs: list[LossGraph], name: str) -> bool:
    """Whether some tap of a model has a size that is not known, or memory that follows it."""
    if network.aliases is None:
        return True
    for graph in graphs:
        following = [graph.node(number).op.knob("model") for number in graph.find("ema")]
        if network.values is None and name in following:
            return True
        for number in (*graph.find("tap"), *graph.find("apply")):
            op = graph.node(number).op
            unseen = op.name == "apply" and network.paths is None  # is it a module at all?
            if op.knob("model") == name and (unseen or network.size(str(op.knob("path"))) is None):
                return True
    return False


def _real(experiment: Experiment, name: str) -> Network:
    """A network as it really is, built where nothing is computed."""
    import torch

    from kdgraph.lower.live import live_network
    from kdgraph.models.build import build

    spec = experiment.setting.models[name]
    facts = data_facts(experiment.setting)
    image = experiment.analysis.home_image(name)
    assert image is not None
    assert facts.classes is not None
    with torch.device("meta"):
        network = build(
            spec.name, facts.classes, channels=image[0], span=experiment.setting.spans.get(name)
        )
    return live_network(name, network, image, spec.name)


def check(
    recipe: str | Path,
    on: str | None = None,
    set: Mapping[str, object] | None = None,  # noqa: A002 - the word of the command line
) -> tuple[Diagnostic, ...]:
    """Every mistake of a recipe on a setting, warnings included; nothing is raised or read.

    Args:
        recipe: a path, the name of a shipped recipe, or its text.
        on: a setting; else the recipe's own.
        set: values for names, as `--set` takes them.

    Raises:
        TypeError: an argument is of another type.
    """
    check_values("set", set)
    if on is not None:
        check_text("on", on, "the name or the path of a setting")
    try:
        return examined(recipe, on, set).analysis.mistakes
    except RecipeError as error:
        return error.diagnostics
