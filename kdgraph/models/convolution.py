"""Convolutions of the zoo: the padding that keeps a size, and the usual start."""

from __future__ import annotations

from torch import nn


def convolution(
    inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1
) -> nn.Conv2d:
    """A k×k convolution without bias, padded by (k−1)/2: at stride 1 the map keeps its size."""
    padding = (kernel - 1) // 2
    return nn.Conv2d(
        inputs, outputs, kernel, stride=stride, padding=padding, groups=groups, bias=False
    )


def start_convolutions(network: nn.Module) -> None:
    r"""Draw every convolution from N(0, 2/(k²·outputs)), biases 0.

    The variance keeps the size of gradients through ReLUs.

    Source:
        He, Zhang, Ren, Sun. Delving Deep into Rectifiers, 2015. arXiv:1502.01852, eq. 14.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
