"""A number from a beta distribution, drawn once for a whole batch."""

from __future__ import annotations

import numpy as np
import torch

from kdgraph.views.draw import Draw


def beta(draw: Draw, alpha: float) -> float:
    r"""A share from $\mathrm{Beta}(\alpha, \alpha)$: symmetric, even for $\alpha = 1$.

    A batch has one draw, made on the host, so nothing waits for a device.
    """
    assert draw.examples.device == torch.device("cpu")
    key = draw.bits(2).numpy().view(np.uint64)[0]
    return float(np.random.Generator(np.random.Philox(key=key)).beta(alpha, alpha))
