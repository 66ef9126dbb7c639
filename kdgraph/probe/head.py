"""A linear classifier, trained on features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.run import NonFinite
from kdgraph.lang.protocol import Training
from kdgraph.train import optimise

START = 0.01
"""deviation of the weights at the start; the bias is zero"""


@dataclass(frozen=True)
class Probed:
    """The share of test images that are right: after the last epoch, and after the best one."""

    last: float
    best: float


def train_head(
    train: Callable[[int], Tensor],
    labels: Tensor,
    test: tuple[Tensor, Tensor],
    *,
    classes: int,
    training: Training,
    seed: int,
) -> Probed:
    """Train with cross-entropy, and look at the test set after each epoch.

    Args:
        train: the features of an epoch, counted from 1: a row for each label.
        labels: of the training images.
        test: features and labels of the test images.
        classes: how many logits.
        training: the protocol.
        seed: of the start and of the order of the images.

    Raises:
        RecipeError: the weights are not finite any more; the learning rate is too high.
    """
    chance = torch.Generator().manual_seed(seed)
    seen, truth = test
    head = nn.Linear(seen.shape[1], classes)
    with torch.no_grad():
        head.weight.normal_(0, START, generator=chance)
        head.bias.zero_()
    head.to(seen.device)
    named = [optimise.Trained("head", name, one) for name, one in head.named_parameters()]
    optimizer = optimise.build(training, named)
    shares: list[float] = []
    for epoch in range(1, training.epochs + 1):
        rows = train(epoch)
        order = torch.randperm(len(labels), generator=chance).to(rows.device)
        parts = order.split(training.batch)
        if training.drop_last and len(parts) > 1 and len(parts[-1]) < training.batch:
            parts = parts[:-1]
        for number, part in enumerate(parts):
            optimise.set_rate(optimizer, optimise.rate(training, epoch, number, len(parts)))
            optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(head(rows[part]), labels[part]).backward()
            if training.clip is not None:
                nn.utils.clip_grad_norm_(head.parameters(), training.clip)
            optimizer.step()
        with torch.no_grad():
            right = (head(seen).argmax(dim=-1) == truth).sum()
        shares.append(right.item() / len(truth))
        if not all(one.isfinite().all() for one in head.parameters()):
            step = epoch * len(parts)
            raise RecipeError(NonFinite(term="the probe's cross-entropy", epoch=epoch, step=step))
    return Probed(shares[-1], max(shares))
