"""The features of a data set: what a frozen network's classifier would see of each image."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from kdgraph.data.images import Examples
from kdgraph.lower.tapped import Tapped
from kdgraph.probe.subject import Subject
from kdgraph.train.evaluate import casting, resting
from kdgraph.views.normalize import Normalize

Look = Callable[[Tensor, Tensor], Tensor]
"""pixels and example numbers → what the network sees"""


@torch.no_grad()
def features(
    subject: Subject,
    examples: Examples,
    look: Look,
    *,
    batch: int,
    device: torch.device,
    autocast: torch.dtype | None = None,
) -> Tensor:
    """One row for each image, in their order, float32 on the device.

    The network is in evaluation mode: statistics of its batch norms stay those it was trained
    with.
    """
    network = subject.network.to(device)
    scale = Normalize(subject.normalisation.mean, subject.normalisation.std).to(device)
    tapped = Tapped(network, [subject.features], leave=True)
    rows = []
    with resting(network), casting(device, autocast):
        for part in examples.read(torch.arange(len(examples)).split(batch)):
            seen = look(part.pixels.to(device), part.examples.to(device))
            (found,) = tapped(scale(seen))
            rows.append(found.float().flatten(1))
    return torch.cat(rows)
