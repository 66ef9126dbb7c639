"""Mean and deviation of the training pixels, where a data set has no agreed ones."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from kdgraph.data.images import Images
from kdgraph.data.stream import Stream
from kdgraph.data.subset import stratified

ENOUGH = 2048
CHUNK = 4096
LEAST_STD = 1e-3


def statistics(
    train: Images | Stream, look: Callable[[Tensor], Tensor] | None = None
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Per channel, of pixels scaled to [0, 1]; a stream is judged by `ENOUGH` of its images.

    With `look`, of what it makes of the pixels, such as a view in its deterministic form.
    """
    if isinstance(train, Images):
        pixels = train.pixels
    else:
        pixels = train.pixels(stratified(train.labels, ENOUGH).tolist())
    if look is not None:
        pixels = torch.cat([look(part) for part in torch.split(pixels, CHUNK)])
    levels = torch.arange(256, dtype=torch.float64) / 255
    counts = torch.stack([_histogram(pixels[:, one]) for one in range(pixels.shape[1])])
    shares = counts / counts.sum(dim=1, keepdim=True)
    mean = shares @ levels
    std = (shares @ levels**2 - mean**2).clamp(min=LEAST_STD**2).sqrt()
    return tuple(mean.tolist()), tuple(std.tolist())


def _histogram(channel: Tensor) -> Tensor:
    """How often each of the 256 levels occurs: exact sums, and no float copy of the pixels."""
    counts = torch.zeros(256, dtype=torch.float64)
    for part in torch.split(channel, CHUNK):
        counts += torch.bincount(part.flatten(), minlength=256)
    return counts
