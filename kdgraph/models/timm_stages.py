"""Stem and stages of timm's networks, from what timm says of its own features."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import nn

# their stages hand on tokens, channels last, or several tensors, and timm does not say so
WITHOUT_MAPS = frozenset(
    {"crossvit", "efficientformer", "efficientvim", "hiera", "levit", "pit", "selecsls", "volo"}
)
STEMS = ("stem.proj", "patch_embed.proj", "stem", "conv_stem")
# the last ReLU of a block, in families whose blocks end with one
LAST_RELU: Mapping[str, tuple[str, ...]] = {"resnet": ("act3", "act2"), "regnet": ("act3",)}


def timm_stages(network: nn.Module, family: str) -> tuple[str, tuple[str, ...]]:
    """Paths of the stem ("" where there is none) and of the last layer at each size.

    `feature_info` lists the last layer at each size. Its first entry is the stem where it
    has another name than the rest, as `act1` before `layer1`. Networks that never shrink
    their maps keep tokens, as vision transformers do, and have no stages.
    """
    called = {
        path for path, layer in network.named_modules() if not isinstance(layer, nn.ModuleList)
    } - {""}
    listed = list(getattr(network, "feature_info", ()))
    paths = [stage["module"] for stage in listed]
    first_is_stem = len({re.sub(r"\d", "", path) for path in paths[:2]}) > 1
    channels_last = getattr(network, "output_fmt", "NCHW") != "NCHW"
    stems = [path for path in (paths[:1] if first_is_stem else STEMS) if path in called]
    if channels_last:
        stems = [path for path in stems if path.endswith(".proj")]
    maps = tuple(paths[first_is_stem:])
    shrinks = bool(listed) and listed[-1]["reduction"] > listed[0]["reduction"]
    if channels_last or not shrinks or family in WITHOUT_MAPS or not called.issuperset(maps):
        maps = ()
    return next(iter(stems), ""), maps


def last_relus(network: nn.Module, family: str, maps: tuple[str, ...]) -> tuple[str, ...]:
    """Inputs of the ReLUs that end the stages, where each of them ends with one."""
    found: list[str] = []
    for path in maps if family in LAST_RELU else ():
        *_, (name, block) = network.get_submodule(path).named_children()
        acts = [act for act in LAST_RELU[family] if hasattr(block, act)][:1]
        found += [
            f"{path}.{name}.{act}.input" for act in acts if type(getattr(block, act)) is nn.ReLU
        ]
    return tuple(found) if len(found) == len(maps) else ()
