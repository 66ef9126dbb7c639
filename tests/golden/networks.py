"""What golden recipes are read against: a teacher and a student with a resnet's module names."""

from __future__ import annotations

from kdgraph.graph.network import Network
from kdgraph.graph.world import World

ALIASES: dict[str, str | tuple[str, ...]] = {
    "logits": "fc",
    "features": "fc.input",
    "stem": "relu",
    "maps": ("layer1", "layer2", "layer3"),
    "preact": ("layer1.1.bn2", "layer2.1.bn2", "layer3.1.bn2"),
}
PARTS = ("conv1", "bn1", "conv2", "bn2")


def network(name: str, classes: int = 10, width: int = 64) -> Network:
    """A residual network of three stages for images of 32×32, as far as the language sees it."""
    sizes: dict[str, tuple[int, ...]] = {"fc": (classes,), "fc.input": (width,)}
    sizes["relu"] = (16, 32, 32)
    paths = {"conv1", "bn1", "relu", "avgpool", "fc"}
    for place, channels in enumerate((16, 32, width)):
        stage, side = f"layer{place + 1}", 32 >> place
        sizes[stage] = sizes[f"{stage}.1.bn2"] = (channels, side, side)
        paths |= {stage, *(f"{stage}.{block}" for block in (0, 1))}
        paths |= {f"{stage}.{block}.{part}" for block in (0, 1) for part in PARTS}
    return Network(name, "resnet14", ALIASES, sizes, frozenset(paths), classes)


def world(*networks: Network, chain: tuple[str, ...] = ()) -> World:
    """A world of these networks, else of one teacher and one student."""
    known = networks or (network("teacher"), network("student"))
    return World(
        {one.name: one for one in known},
        classes=10,
        examples=50_000,
        image=(3, 32, 32),
        chain=chain,
    )
