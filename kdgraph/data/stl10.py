"""STL-10's labelled images: the authors' binary archive, or Parquet shards in its place."""

from __future__ import annotations

from typing import cast

import numpy as np
import torch

from kdgraph.data.archive import Archive, archive_root, torchvision_class
from kdgraph.data.files import Files
from kdgraph.data.images import Images
from kdgraph.data.parquet import has_shards, parquet
from kdgraph.data.spec import DataSpec

UNLABELLED = "unlabeled_X.bin"


def stl10(spec: DataSpec) -> tuple[Images, Images] | tuple[Files, Files]:
    """5000 training and 8000 test images of 96 x 96; the unlabelled ones need not be there."""
    if has_shards(spec.folder):
        return parquet(spec)
    whole = torchvision_class(spec, "STL10")
    labelled = [one for one in whole.train_list if one[0] != UNLABELLED]
    parents = (cast("type", whole),)
    kind = cast("Archive", type("LabelledSTL10", parents, {"train_list": labelled}))
    root = archive_root(spec, kind)

    def part(split: str) -> Images:
        found = kind(root, split=split)
        pixels = torch.from_numpy(np.ascontiguousarray(found.data))
        names = getattr(found, "classes", [str(one) for one in range(10)])
        return Images(pixels, torch.from_numpy(found.labels.astype(np.int64)), tuple(names))

    return part("train"), part("test")
