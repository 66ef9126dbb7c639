"""What reaches the parameters: nothing is stopped or turned round unless these say so."""

from __future__ import annotations

from torch import Tensor

from kdgraph.primitive import primitive
from kdgraph.sorts import Scalar, Values


@primitive(gradient="custom", sort="same")
def detach(v: Values[Tensor | float, "..."]) -> Values[Tensor | float, "..."]:
    r"""The value, held constant: nothing is trained through it.

    $$ \operatorname{sg}(v) = v, \qquad \frac{\partial \operatorname{sg}(v)}{\partial v} = 0 $$

    Args:
        v: any values.

    Shapes:
        any → the same.

    Units:
        those of `v`.

    Errors:
        none.

    Source:
        van den Oord, Vinyals, Kavukcuoglu. Neural Discrete Representation Learning, 2017.
        arXiv:1711.00937, section 3.2 (stop gradient).
    """
    return v.detach() if isinstance(v, Tensor) else v


@primitive(gradient="custom", sort="same", require="strength >= 0")
def reverse(v: Values[Tensor | float, "..."], strength: Scalar) -> Values[Tensor | float, "..."]:
    r"""The value, trained the other way: descent becomes ascent.

    $$ R(v) = v, \qquad \frac{\partial R}{\partial v} = -\lambda $$

    Args:
        v: any values.
        strength: $\lambda$, a number or a schedule from 0 up; itself not trained by this.

    Shapes:
        any → the same.

    Units:
        those of `v`.

    Errors:
        an infinite value becomes NaN.

    Source:
        Ganin, Lempitsky. Unsupervised Domain Adaptation by Backpropagation, 2014.
        arXiv:1409.7495, section 3.2. On a temperature: Li et al. Curriculum Temperature
        for Knowledge Distillation, 2022. arXiv:2211.16231.
    """
    if not isinstance(v, Tensor):
        return v
    fixed = v.detach()
    turned: Tensor = fixed - strength * (v - fixed)
    return turned
