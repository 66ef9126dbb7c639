"""Weights that torchvision and timm offer for their networks, fetched by those libraries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.errors.weights import (
    PretrainedElsewhere,
    PretrainedUnreachable,
    UnknownPretrained,
)
from kdgraph.lang.source import Span
from kdgraph.models.from_timm import import_timm
from kdgraph.models.torchvision_import import import_torchvision
from kdgraph.normalisation import Normalisation

State = Mapping[str, Tensor]


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A library's weights: the state dict, and what their pixels were normalised with."""

    state: State
    normalisation: Normalisation


def pretrained(
    network: nn.Module, library: str, name: str, *, span: Span | None = None
) -> Pretrained:
    """A library's weights for a network of that library.

    The library builds its own copy and fills it, since some of its files need their names
    changed on the way.

    Args:
        network: what the weights are for.
        library: torchvision or timm.
        name: of torchvision's weights (`IMAGENET1K_V1`, or with the network in front,
            `ResNet18_Weights.IMAGENET1K_V1`), or a tag of timm's (`a1_in1k`).
        span: where that is written, for the caret.

    Raises:
        RecipeError: another library's network, no such weights, or no way to their server.
    """
    if library == "timm":
        return _timm(network, name, span)
    return _torchvision(network, name, span)


def _torchvision(network: nn.Module, name: str, span: Span | None) -> Pretrained:
    weights = f"torchvision:{name}"
    models = import_torchvision(f"`{weights}`", span=span).models
    built = getattr(network, "torchvision_name", None)
    if built is None:
        raise RecipeError(PretrainedElsewhere(weights=weights, library="torchvision", span=span))
    kind = models.get_model_weights(built)
    offered = kind.__members__
    short = name.removeprefix(f"{kind.__name__}.")
    if short not in offered:
        raise RecipeError(_unknown("torchvision", short, offered, span))
    try:
        donor = models.get_model(built, weights=offered[short])
    except (OSError, RuntimeError) as error:
        raise RecipeError(_unreachable(weights, offered[short].url, error, span)) from error
    if hasattr(donor, "transform_input"):  # theirs were trained on pixels scaled otherwise
        network.transform_input = donor.transform_input
    transforms = offered[short].transforms()
    scale = Normalisation(tuple(transforms.mean), tuple(transforms.std))
    return Pretrained(donor.state_dict(), scale)


def _timm(network: nn.Module, tag: str, span: Span | None) -> Pretrained:
    weights = f"timm:{tag}"
    timm = import_timm(f"`{weights}`", span=span)
    config = getattr(network, "pretrained_cfg", None)
    if config is None:
        raise RecipeError(PretrainedElsewhere(weights=weights, library="timm", span=span))
    network_name = config["architecture"]
    offered = {
        name.partition(".")[2]: one
        for name, one in timm.models.get_arch_pretrained_cfgs(network_name).items()
        if one.has_weights
    }
    if tag not in offered:
        raise RecipeError(_unknown("timm", tag, offered, span))
    try:
        donor = timm.create_model(f"{network_name}.{tag}", pretrained=True)
    except (OSError, RuntimeError) as error:
        hub = offered[tag].hf_hub_id
        address = f"https://huggingface.co/{hub}" if hub else str(offered[tag].url)
        raise RecipeError(_unreachable(weights, address, error, span)) from error
    entry = offered[tag]
    return Pretrained(donor.state_dict(), Normalisation(tuple(entry.mean), tuple(entry.std)))


def _unknown(
    library: str, name: str, offered: Iterable[str], span: Span | None
) -> UnknownPretrained:
    known = ", ".join(f"`{library}:{one}`" for one in offered) or "none"
    near = suggest(name, offered)
    return UnknownPretrained(library=library, name=name, near=near, known=known, span=span)


def _unreachable(
    name: str, address: str, error: Exception, span: Span | None
) -> PretrainedUnreachable:
    reason = str(error).strip().partition("\n")[0] or type(error).__name__
    return PretrainedUnreachable(name=name, address=address, reason=reason, span=span)
