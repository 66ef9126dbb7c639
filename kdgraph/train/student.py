"""The student of a run as a module: from pixels to logits, with everything in between."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from kdgraph.models.aliases import Aliases, aliases
from kdgraph.train.cast import STUDENT
from kdgraph.train.exported import Exported, exported
from kdgraph.train.rundir import RunDir
from kdgraph.views.normalize import Normalize
from kdgraph.views.program import run

AXES = 4  # images, channels, height, width
FAR = 0.5
"""how far beyond 0 and 1 resizing may carry a pixel; numbers further out are of another scale"""


def student(folder: str | Path, *, name: str = STUDENT) -> Student:
    """A network that a run has trained, ready to use.

    Args:
        folder: of a finished run, such as `runs/icd`; of several seeds, that of one of them,
            such as `runs/icd/seed-0`.
        name: which of the networks that the recipe trains, where it trains several.

    Returns:
        The network in evaluation mode, on the CPU, with what its pixels are normalised with.

    Raises:
        RecipeError: there is no such network in the folder, its file is damaged, or it is a
            network of a plugin that is not imported yet.
    """
    return Student(exported(RunDir(Path(folder)), name))


class Student(nn.Module):
    r"""A trained network that takes pixels.

    $$ logits = network((u - mean) / std) $$

    Where it was taught on another view than the image as it is, such as `luminance(image)`, that
    view is made first, without a gradient to the pixels.

    Attributes:
        model: the network's name in settings.
        network: without normalisation; its `state_dict` is what the run's file holds.
        mean: of the pixels from 0 to 1 that the network sees, one number a channel.
        std: their deviation.
        channels: of the images it takes.
        size: height and width of the images it was trained on; None where the file is older.
        classes: how many logits it gives.
        names: of the classes, in the order of the logits; empty where the file is older.
    """

    def __init__(self, made: Exported) -> None:
        super().__init__()
        self.model = made.model
        self.mean, self.std = made.normalisation.mean, made.normalisation.std
        self.channels, self.size = made.channels, made.size
        self.classes, self.names = made.classes, made.names
        self.sight = made.sight
        self.normalize = Normalize(self.mean, self.std)
        self.network = made.network
        self.aliases = _inside("network", aliases(made.network))
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        """Images (b, channels, h, w) to logits (b, classes).

        Args:
            images: uint8 from 0 to 255, or floating point from 0 to 1; not normalised.

        Raises:
            TypeError: they are neither.
            ValueError: they have other axes or channels, or (looked at on a CPU only) numbers far
                below 0 or above 1.
        """
        self._refuse(images)
        pixels = images if images.dtype == torch.uint8 else images.to(self.normalize.mean.dtype)
        return self.network(self.normalize(self._seen(pixels)))

    def extra_repr(self) -> str:
        """What it takes and gives, for `print`."""
        size = "×".join(map(str, self.size or ("h", "w")))
        return f"{self.model}: {self.channels}×{size} → {self.classes}"

    def _seen(self, pixels: Tensor) -> Tensor:
        """The view that it was taught on."""
        if self.sight is None:
            return pixels
        if pixels.dtype != torch.uint8:  # views are made of pixels as they are stored
            pixels = (pixels.clamp(0, 1) * 255).round().to(torch.uint8)
        numbers = torch.arange(len(pixels), device=pixels.device)
        made = run(self.sight.steps, pixels, numbers, seed=0, stage=0, epoch=0, train=False)
        return made[self.sight.view]

    def _refuse(self, images: Tensor) -> None:
        if images.dtype != torch.uint8 and not images.is_floating_point():
            kind = str(images.dtype).removeprefix("torch.")
            msg = f"images are uint8 from 0 to 255 or floating point from 0 to 1, not {kind}"
            raise TypeError(msg)
        if images.dim() != AXES or images.shape[1] != self.channels:
            found = ", ".join(map(str, images.shape))
            msg = f"images are (b, {self.channels}, h, w), not ({found})"
            raise ValueError(msg)
        quick = images.device.type == "cpu" and not torch.compiler.is_compiling()
        if quick and images.is_floating_point() and images.numel():
            low, high = (one.item() for one in images.detach().aminmax())
            if low < -FAR or high > 1 + FAR:
                msg = (
                    f"pixels go from 0 to 1 and are normalised by the student itself; these go "
                    f"from {low:.3g} to {high:.3g}"
                )
                raise ValueError(msg)


def _inside(path: str, names: Aliases) -> Aliases:
    """Aliases of a network, for the module that has it under this path."""

    def under(one: str) -> str:
        return f"{path}.{one}" if one else ""

    return {
        name: under(one) if isinstance(one, str) else tuple(map(under, one))
        for name, one in names.items()
    }
