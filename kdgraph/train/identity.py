"""What a checkpoint belongs to beside graph, protocol and seed, each fact by a name for people."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch
from torch import nn

from kdgraph.data.images import Split
from kdgraph.experiment import Experiment
from kdgraph.graph.graph import LossGraph
from kdgraph.lang.condense import Condensing
from kdgraph.lang.protocol import Training
from kdgraph.normalisation import Normalisation
from kdgraph.train import device as devices
from kdgraph.train.code import code_of, code_of_words, words_in
from kdgraph.train.contents import digest


def facts_of(
    experiment: Experiment,
    networks: Mapping[str, nn.Module],
    normalisations: Mapping[str, Normalisation],
    split: Split,
    training: Training,
    device: torch.device,
    graph: LossGraph,
) -> dict[str, str]:
    """Everything that the graph does not say and that decides what is learnt.

    Args:
        experiment: the recipe on its data.
        networks: those that are looked at.
        normalisations: what the pixels of each are normalised with.
        split: the data.
        training: the protocol.
        device: where it is trained.
        graph: of the stage; its words, and those of the views, are known by their code.
    """
    views = hashlib.sha256(str(experiment.analysis.views.steps).encode())
    facts = {
        "content of the data": digest(split),
        "set of views": views.hexdigest()[:16],
        "precision": devices.resolved(training.precision, device),
    }
    steps = experiment.analysis.views.steps
    facts |= code_of_words({*words_in(graph), *(step.op for step in steps)})
    for name, network in networks.items():
        facts[f"normalisation of `{name}`"] = str(normalisations[name])
        facts[f"code of `{name}`"] = code_of(network)
    return facts


def condensing_of(how: Condensing | None) -> dict[str, str]:
    """The same of how the training set is condensed, where it is."""
    return {} if how is None else {"way of condensing": str(how)}
