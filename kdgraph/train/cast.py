"""The networks of an experiment, built, and what the graph has to know about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn

from kdgraph.data.images import Split
from kdgraph.graph.network import Network
from kdgraph.lang.setting import ModelSpec, Setting
from kdgraph.lower.live import live_network
from kdgraph.lower.parts import seeded
from kdgraph.models.build import build
from kdgraph.views.normalize import Normalize


@dataclass(frozen=True)
class Cast:
    """The networks by the recipe's names, with their own normalisation."""

    networks: Mapping[str, nn.Module]
    prepare: Mapping[str, nn.Module]
    known: Mapping[str, Network]


def build_model(name: str, spec: ModelSpec, setting: Setting, split: Split, seed: int) -> nn.Module:
    """One network, its weights drawn from the seed and its name in the recipe alone."""
    classes, channels = len(split.train.names), split.train.channels
    span = setting.spans.get(name)
    return seeded(
        seed, f"model {name}", lambda: build(spec.name, classes, channels=channels, span=span)
    )


def described(name: str, network: nn.Module, title: str, split: Split) -> Network:
    """What the graph has to know about a network."""
    return live_network(name, network, (split.train.channels, *split.train.size), title)


def normalised(names: Mapping[str, object], split: Split) -> dict[str, nn.Module]:
    """What makes each model's input of stored pixels."""
    return {name: Normalize(split.mean, split.std) for name in names}
