"""A student that begins between its own start and a teacher: where in the landscape it sets out."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from kdgraph.data.batches import batches
from kdgraph.data.images import Examples
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.start import StartOfAnother
from kdgraph.lang.source import Span
from kdgraph.train.evaluate import Look


@torch.no_grad()
def blend(
    network: nn.Module, teacher: nn.Module, share: float, name: str, source: str, span: Span | None
) -> None:
    r"""Move all weights towards another network's: $\theta \leftarrow (1-s)\,\theta + s\,\theta_t$.

    Args:
        network: what is moved.
        teacher: where to, with the same weights by name and shape.
        share: $s$: 0 stays, 1 is the other network.
        name: of the model, for the message.
        source: of the other one.
        span: where the setting says so.

    Raises:
        RecipeError: they are two kinds of networks.
    """
    own, other = (dict(one.state_dict()) for one in (network, teacher))
    shapes, others = ({key: one.shape for key, one in state.items()} for state in (own, other))
    if shapes != others:
        raise RecipeError(StartOfAnother(span=span, name=name, source=source))
    for key, value in own.items():
        if value.is_floating_point():
            value.lerp_(other[key].to(value.device), share)


@torch.no_grad()
def settle(
    network: nn.Module,
    examples: Examples,
    look: Look,
    view: str,
    *,
    batch: int,
    device: torch.device,
) -> None:
    """Estimate the statistics of batch norm anew, in one pass over images as they are.

    Between two networks the running means of neither fit. They become the mean over all batches;
    everything else stays, and is in evaluation mode meanwhile.

    Args:
        network: takes stored pixels.
        examples: the training images.
        look: makes views in their deterministic form.
        view: what the network sees.
        batch: images of a batch.
        device: where to compute.
    """
    norms = [one for one in network.modules() if isinstance(one, _BatchNorm)]
    norms = [one for one in norms if one.running_mean is not None]
    if not norms:
        return
    modes = [(module, module.training) for module in network.modules()]
    momenta = [one.momentum for one in norms]
    network.eval()
    for one in norms:
        one.reset_running_stats()
        one.train()
        one.momentum = None  # the mean over batches
    for part in examples.read(batches(torch.arange(len(examples)), batch=batch, least=2)):
        pixels, places = part.pixels.to(device), part.examples.to(device)
        seen: Tensor = look(pixels, places)[view]
        network(seen)
    for one, momentum in zip(norms, momenta, strict=True):
        one.momentum = momentum
    for module, training in modes:
        module.training = training
