"""CIFAR-10 and CIFAR-100: the authors' Python archive, or Parquet shards in its place."""

from __future__ import annotations

import torch

from kdgraph.data.archive import archive_root, torchvision_class
from kdgraph.data.files import Files
from kdgraph.data.images import Images
from kdgraph.data.parquet import has_shards, parquet
from kdgraph.data.spec import DataSpec

KINDS = {"cifar10": "CIFAR10", "cifar100": "CIFAR100"}


def cifar(spec: DataSpec) -> tuple[Images, Images] | tuple[Files, Files]:
    """50000 training and 10000 test images of 32 x 32, in the order of the files."""
    if has_shards(spec.folder):
        return parquet(spec)
    kind = torchvision_class(spec, KINDS[spec.name])
    root = archive_root(spec, kind)

    def part(*, train: bool) -> Images:
        found = kind(root, train=train)
        pixels = torch.from_numpy(found.data).permute(0, 3, 1, 2).contiguous()
        return Images(pixels, torch.tensor(found.targets), tuple(found.classes))

    return part(train=True), part(train=False)
