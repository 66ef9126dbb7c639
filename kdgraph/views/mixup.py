"""Two images laid over one another."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from kdgraph.knobs import Positive
from kdgraph.sorts import Image
from kdgraph.views.beta import beta
from kdgraph.views.draw import Draw
from kdgraph.views.paired import must_pair
from kdgraph.views.view import view


@view(random=True, mixes=True)
def mixup(
    a: Image[Tensor, "b c h w"],
    b: Image[Tensor, "b c h w"],
    together: Draw | None,
    *,
    tell: Callable[[float], None],
    alpha: Positive = 1.0,
) -> Image[Tensor, "b c h w"]:
    r"""Mix each image with another one: one share for the whole batch.

    $$ v = \lambda\, a + (1 - \lambda)\, b, \qquad \lambda \sim \mathrm{Beta}(\alpha, \alpha) $$

    `share(v)` is $\lambda$. Pixels stay whole numbers from 0 to 255.

    Args:
        a: uint8 (b, c, h, w).
        b: uint8 (b, c, h, w), such as `image[j]`.
        together: the randomness of the batch; without it the images are those of `a`.
        tell: is told $\lambda$; filled in by whoever runs the views.
        alpha: above 0; 1 makes every share as likely as any other.

    Raises:
        RecipeError: images of `a` and `b` differ in size or in number.

    Source:
        Zhang, Cisse, Dauphin, Lopez-Paz. mixup: Beyond Empirical Risk Minimization, 2017.
        arXiv:1710.09412, section 2.
    """
    must_pair("mixup", a, b)
    share = 1.0 if together is None else beta(together, alpha)
    tell(share)
    if together is None:
        return a
    return (share * a.float() + (1 - share) * b.float()).round().to(a.dtype)
