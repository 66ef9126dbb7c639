"""What a setting says about its data, before anything is read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DataSpec:
    """The `data` section of a setting.

    Args:
        name: which data set; `kdgraph.data.known.KNOWN` lists them.
        root: its folder; without one see `folder`.
        size: height and width every image is brought to; the images' own without it.
        channels: 3 or 1; the data set's own without it.
        classes: how many classes there are, where the name does not say.
        fraction: the share of the training images that is used, equal in every class.
        label_noise: the share of the training labels replaced by another class, equal in every
            class.
        limit: at most so many training images, spread over the classes.
        test_limit: at most so many test images, spread over the classes.
    """

    name: str
    root: str | None = None
    size: int | None = None
    channels: int | None = None
    classes: int | None = None
    fraction: float = 1.0
    label_noise: float = 0.0
    limit: int | None = None
    test_limit: int | None = None

    @property
    def folder(self) -> Path:
        """Where the data are looked for: `root`, else a folder of the data set's name.

        That folder is sought under the environment variable `KDGRAPH_DATA`, else under `data`.
        """
        if self.root is not None:
            return Path(self.root).expanduser()
        return Path(os.environ.get("KDGRAPH_DATA", "data")).expanduser() / self.name
