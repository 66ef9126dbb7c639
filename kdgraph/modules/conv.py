"""Parts that work on maps: convolutions that keep, shrink or enlarge them."""

from __future__ import annotations

from torch import nn

from kdgraph.knobs import Count, Natural
from kdgraph.modules.module import Shape, module
from kdgraph.sorts import Map


@module(shape="conv")
def conv(
    v: Map[Shape, "b c h w"],
    channels: Count,
    *,
    k: Count = 1,
    stride: Count = 1,
    pad: Natural | None = None,
    bias: bool = True,
) -> Map[nn.Module, "b channels h w"]:
    r"""A convolution; with `k=1` a linear map of the channels, the usual connector.

    $$ O_{o} = b_o + \sum_c W_{oc} \star F_c $$

    Args:
        v: feature maps.
        channels: the channels of the result.
        k: height and width of the kernel.
        stride: how far the kernel moves.
        pad: zeros around the map; (k−1)/2 rounded down unless told, which keeps the size
            where k is odd and the stride is 1.
        bias: whether $b$ is there.

    Shapes:
        (b, c, h, w) → (b, channels, h', w') with h' = ⌊(h + 2·pad − k)/stride⌋ + 1, and w'
        likewise.

    Units:
        none.

    Errors:
        the kernel is no larger than the padded map.

    Source:
        LeCun, Bottou, Bengio, Haffner. Gradient-Based Learning Applied to Document
        Recognition, 1998. As a regressor of hints: Romero et al. FitNets, 2014.
        arXiv:1412.6550, section 2.2.
    """
    padding = (k - 1) // 2 if pad is None else pad
    return nn.Conv2d(v[1], channels, k, stride=stride, padding=padding, bias=bias)


@module(shape="deconv")
def deconv(
    v: Map[Shape, "b c h w"],
    channels: Count,
    *,
    k: Count = 4,
    stride: Count = 2,
    pad: Natural = 1,
    bias: bool = True,
) -> Map[nn.Module, "b channels h w"]:
    r"""A transposed convolution; it doubles height and width unless told otherwise.

    $$ O_{o} = b_o + \sum_c W_{co}^\top \star F_c $$

    Args:
        v: feature maps.
        channels: the channels of the result.
        k: height and width of the kernel.
        stride: how many cells of the result one of the map moves by.
        pad: rows and columns cut from each side of the result.
        bias: whether $b$ is there.

    Shapes:
        (b, c, h, w) → (b, channels, h', w') with h' = (h − 1)·stride − 2·pad + k, and w'
        likewise.

    Units:
        none.

    Errors:
        the result has at least one row and one column.

    Source:
        Zeiler, Krishnan, Taylor, Fergus. Deconvolutional Networks, 2010. CVPR. As a
        regressor: Tian, Krishnan, Isola, 2019. arXiv:1910.10699 (released code, FitNet).
    """
    return nn.ConvTranspose2d(v[1], channels, k, stride=stride, padding=pad, bias=bias)
