"""Parts that work on the last axis: one layer, or several."""

from __future__ import annotations

from torch import nn

from kdgraph.knobs import Count
from kdgraph.modules.module import Shape, module
from kdgraph.sorts import Values


@module
def linear(
    v: Values[Shape, "... d"], width: Count, *, bias: bool = True
) -> Values[nn.Module, "... width"]:
    r"""An affine map to vectors of another width: the usual head or connector.

    $$ v W^\top + b $$

    Args:
        v: vectors along the last axis.
        width: the width of the result.
        bias: whether $b$ is there.

    Shapes:
        (b, d) → (b, width).

    Units:
        none.

    Errors:
        none.

    Source:
        elementary; drawn from U(±1/√d), weight and bias, as PyTorch does.
    """
    return nn.Linear(v[-1], width, bias=bias)


@module(shape="last")
def mlp(v: Values[Shape, "... d"], *widths: Count) -> Values[nn.Module, "... d"]:
    r"""Affine maps with a bend between each two.

    $$ W_n \operatorname{relu}(\cdots \operatorname{relu}(W_1 v + b_1) \cdots) + b_n $$

    Args:
        v: vectors along the last axis.
        *widths: the width after each map; there is no bend after the last.

    Shapes:
        (b, d) → (b, the last width).

    Units:
        none.

    Errors:
        at least one width is needed.

    Source:
        as a head: Chen, Kornblith, Norouzi, Hinton. A Simple Framework for Contrastive
        Learning of Visual Representations, 2020. arXiv:2002.05709, section 2.1.
    """
    layers: list[nn.Module] = []
    for before, after in zip((v[-1], *widths), widths, strict=False):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
