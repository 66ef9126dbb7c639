"""Stem, stages and what precedes their last ReLU, for families of other libraries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn

from kdgraph.models.stages import stages
from kdgraph.models.timm_stages import last_relus, timm_stages


@dataclass(frozen=True)
class Family:
    """Tap paths of a family of networks; `*` is the last child at that place."""

    stem: str = ""
    maps: tuple[str, ...] = ()
    preact: tuple[str, ...] = ()


def _four(path: str) -> tuple[str, ...]:
    return tuple(path.format(stage) for stage in (1, 2, 3, 4))


# by the Python module of the network's class, or of one that it extends
TORCHVISION: Mapping[str, Family] = {
    "resnet": Family("relu", _four("layer{}"), _four("layer{}.*.relu.calls.-1.input")),
    "regnet": Family(
        "stem", _four("trunk_output.block{}"), _four("trunk_output.block{}.*.activation.input")
    ),
    "densenet": Family("features.relu0", _four("features.denseblock{}")),
    "shufflenetv2": Family("conv1", ("stage2", "stage3", "stage4")),
    "googlenet": Family("conv1", ("inception3b", "inception4e", "inception5b")),
    "inception": Family("Conv2d_1a_3x3", ("Mixed_5d", "Mixed_6e", "Mixed_7c")),
    "maxvit": Family("stem", ("blocks.0", "blocks.1", "blocks.2", "blocks.3")),
    "vision_transformer": Family("conv_proj"),
    "swin_transformer": Family("features.0.0"),
}
# these keep all of their layers in one row, `features`
ROWS = ("alexnet", "convnext", "efficientnet", "mobilenetv2", "mobilenetv3", "squeezenet", "vgg")


def family_of(network: nn.Module) -> Family:
    """Tap paths of a network of torchvision's or timm's; of any other, none."""
    for base in type(network).__mro__:
        library, _, family = base.__module__.partition(".models.")
        if library == "timm" and family != "vgg":
            return _timm(network, family)
        if library in ("timm", "torchvision") and family in ROWS:
            return _row(network)
        if library == "torchvision" and family in TORCHVISION:
            row = TORCHVISION[family]
            return Family(row.stem, row.maps, tuple(_last(network, path) for path in row.preact))
    return Family()


def _row(network: nn.Module) -> Family:
    row = network.get_submodule("features")
    if not isinstance(row, nn.Sequential):
        return Family()
    split = stages(row)
    maps = tuple(f"features.{layer}" for layer in split.maps)
    relus = all(isinstance(row.get_submodule(layer), nn.ReLU) for layer in split.maps)
    preact = tuple(f"{path}.input" for path in maps) if relus else ()
    return Family(f"features.{split.stem}", maps, preact)


def _timm(network: nn.Module, family: str) -> Family:
    stem, maps = timm_stages(network, family)
    return Family(stem, maps, last_relus(network, family, maps))


def _last(network: nn.Module, path: str) -> str:
    before, _, after = path.partition(".*.")
    *_, last = (name for name, _ in network.get_submodule(before).named_children())
    return f"{before}.{last}.{after}"
