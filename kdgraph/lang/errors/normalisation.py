"""Mistakes about what a network's pixels are normalised with: KD660 and KD661."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.source import Span
from kdgraph.normalisation import Normalisation


@dataclass(frozen=True, kw_only=True)
class StatisticsUnusable(Diagnostic):
    """A file of weights says what it was normalised with, in a way that can't be used.

    Files of kdgraph's own carry `mean` and `std` of the pixels that the weights were trained
    with. A file of yours may too, as lists of numbers in its metadata:

        about = {"mean": "[0.5, 0.5, 0.5]", "std": "[0.25, 0.25, 0.25]"}
        safetensors.torch.save_file(model.state_dict(), path, metadata=about)
    """

    code: ClassVar[str] = "KD660"
    title: ClassVar[str] = "`mean` and `std` in `{path}` can't be used"
    label: ClassVar[str] = "{reason}"
    help: ClassVar[str] = "{reason}\nwrite `mean:` and `std:` beside `weights:`; they win"

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class WrongChannels(Diagnostic):
    """A model is to be normalised with more or fewer numbers than its images have channels.

    `mean` and `std` have one number for each channel: three for colour, one for grey.

        teacher: {name: resnet20, weights: t.safetensors, mean: [0.5], std: [0.25]}
    """

    code: ClassVar[str] = "KD661"
    title: ClassVar[str] = "`mean` and `std` of `{model}` are {found} for {channels}"
    label: ClassVar[str] = "normalised with {found}"
    help: ClassVar[str] = "give one number for each channel, or set `data.channels`"

    model: str
    found: str
    channels: str


def wrong_channels(
    model: str, normalisation: Normalisation | None, channels: int, span: Span | None
) -> Iterator[WrongChannels]:
    """The mistake, where a model's normalisation is for other images."""
    if normalisation is not None and len(normalisation.mean) != channels:
        found, images = _count(len(normalisation.mean), "number"), _count(channels, "channel")
        yield WrongChannels(model=model, found=found, channels=images, span=span)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
