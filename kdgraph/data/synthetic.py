"""Made-up images for tests: every class has a pattern of its own, under noise."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from kdgraph.data.images import Images
from kdgraph.data.known import facts
from kdgraph.data.spec import DataSpec

SEED = 0
COARSE = 4
CONTRAST = 40.0
NOISE = 30.0
TRAIN, TEST = 512, 256


def synthetic(spec: DataSpec) -> tuple[Images, Images]:
    """Images of `spec.classes` classes, any size, the same on every call.

    The pattern of a class is a 4 x 4 draw, smoothly enlarged. `limit` and `test_limit` say how
    many images there are.
    """
    known = facts(spec)
    classes, channels, size = (
        known.classes or 10,
        known.channels or 3,
        known.height or 16,
    )
    generator = torch.Generator().manual_seed(SEED)
    coarse = torch.randn(classes, channels, COARSE, COARSE, generator=generator)
    patterns = F.interpolate(coarse, size=(size, size), mode="bilinear", align_corners=False)
    train = _drawn(patterns, spec.limit or TRAIN, generator)
    test = _drawn(patterns, spec.test_limit or TEST, torch.Generator().manual_seed(SEED + 1))
    return train, test


def _drawn(patterns: Tensor, count: int, generator: torch.Generator) -> Images:
    labels = torch.arange(count) % len(patterns)
    labels = labels[torch.randperm(count, generator=generator)]
    noise = torch.randn((count, *patterns.shape[1:]), generator=generator)
    bright = 128 + CONTRAST * patterns[labels] + NOISE * noise
    names = tuple(f"pattern {one}" for one in range(len(patterns)))
    return Images(bright.round().clamp(0, 255).to(torch.uint8), labels, names)
