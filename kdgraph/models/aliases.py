"""What `logits`, `features`, `stem`, `maps` and `preact` mean in a network, as tap paths."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from kdgraph.models.families import family_of

Aliases = dict[str, str | tuple[str, ...]]


def aliases(network: nn.Module) -> Aliases:
    """Alias to tap path, or paths; an alias that the network has no place for is absent.

    "" is the network's own output, `fc.input` what its module `fc` is given. A network that
    has a mapping `aliases` of its own speaks for itself, as those of the zoo do. Networks
    of torchvision and timm are known by family. Of any other, `features` is what the last
    linear layer is given. Stem and maps are always (b, c, h, w): networks that keep tokens,
    or their channels last, have no `maps`.
    """
    own = getattr(network, "aliases", None)
    if isinstance(own, Mapping):
        return dict(own)
    family = family_of(network)
    classifier = _classifier(network)
    found: Aliases = {
        "features": f"{classifier}.input" if classifier else "",
        "stem": family.stem,
        "maps": family.maps,
        "preact": family.preact,
    }
    return {"logits": ""} | {alias: paths for alias, paths in found.items() if paths}


def _classifier(network: nn.Module) -> str:
    """Path of the linear layer that makes the logits; "" where several do, or another."""
    layers = dict(network.named_modules())
    linears = [path for path, layer in layers.items() if isinstance(layer, nn.Linear)]
    choose = getattr(network, "get_classifier", None)  # timm's; several, where tokens are
    if not callable(choose):
        return linears[-1] if linears else ""
    head = choose()
    inside = list(head.modules()) if isinstance(head, nn.Module) else []
    found = [path for path in linears if layers[path] in inside]
    return found[0] if len(found) == 1 else ""
