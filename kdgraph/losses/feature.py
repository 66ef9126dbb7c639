"""How far features are apart, element by element."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from kdgraph.knobs import Positive
from kdgraph.losses.rows import gathered, kept
from kdgraph.primitive import primitive
from kdgraph.sorts import Mask, Scalar, Values


@primitive(shape="examples")
def mse(
    guess: Values[Tensor, "b ..."],
    truth: Values[Tensor, "b ..."],
    *,
    reduce: Literal["elements", "rows", "sum", "none"] = "elements",
    rows: Mask[Tensor, "b"] | None = None,
) -> Scalar:
    r"""Mean squared error.

    $$ \frac{1}{n} \sum_{i=1}^{n} (g_i - t_i)^2 $$

    Args:
        guess: $g$.
        truth: $t$, of the same shape.
        reduce: `elements` is the mean of all elements, `rows` sums within each example and
            averages over these, `sum` sums everything, `none` leaves one sum an example.
        rows: a mask of the examples that count; averages are over these.

    Shapes:
        two of one shape (b, …): a number, or (b) with `reduce=none`.

    Units:
        those of the features, squared.

    Errors:
        none.

    Source:
        as a loss on features: Romero, Ballas, Kahou, Chassang, Gatta, Bengio. FitNets:
        Hints for Thin Deep Nets, 2014. arXiv:1412.6550, section 2.2.
    """
    return _gathered(kept(guess - truth, rows, 0.0) ** 2, reduce, rows)


@primitive(shape="examples")
def l1(
    guess: Values[Tensor, "b ..."],
    truth: Values[Tensor, "b ..."],
    *,
    reduce: Literal["elements", "rows", "sum", "none"] = "elements",
    rows: Mask[Tensor, "b"] | None = None,
) -> Scalar:
    r"""Mean absolute error.

    $$ \frac{1}{n} \sum_{i=1}^{n} |g_i - t_i| $$

    Args:
        guess: $g$.
        truth: $t$, of the same shape.
        reduce: as in `mse`.
        rows: as in `mse`.

    Shapes:
        two of one shape (b, …): a number, or (b) with `reduce=none`.

    Units:
        those of the features.

    Errors:
        none; the slope where both agree is taken as 0.

    Source:
        as a loss on features: Kim, Park, Kwak. Paraphrasing Complex Network: Network
        Compression via Factor Transfer, 2018. arXiv:1802.04977, section 3.2.
    """
    return _gathered(kept(guess - truth, rows, 0.0).abs(), reduce, rows)


@primitive(shape="examples")
def smooth_l1(
    guess: Values[Tensor, "b ..."],
    truth: Values[Tensor, "b ..."],
    *,
    beta: Positive = 1.0,
    reduce: Literal["elements", "rows", "sum", "none"] = "elements",
    rows: Mask[Tensor, "b"] | None = None,
) -> Scalar:
    r"""Squared error near, absolute error far (Huber).

    $$ \frac{1}{n} \sum_i h(g_i - t_i), \qquad
       h(e) = \begin{cases} e^2 / 2\beta & |e| < \beta \\ |e| - \beta/2 & \text{else}
       \end{cases} $$

    Args:
        guess: $g$.
        truth: $t$, of the same shape.
        beta: $\beta$, the error where the square turns into a line.
        reduce: as in `mse`.
        rows: as in `mse`.

    Shapes:
        two of one shape (b, …): a number, or (b) with `reduce=none`.

    Units:
        those of the features.

    Errors:
        none.

    Source:
        Girshick. Fast R-CNN, 2015. arXiv:1504.08083, equation 3. On relations: Park, Kim,
        Lu, Cho. Relational Knowledge Distillation, 2019. arXiv:1904.05068, equation 7.
    """
    guess, truth = kept(guess, rows, 0.0), kept(truth, rows, 0.0)
    return _gathered(F.smooth_l1_loss(guess, truth, reduction="none", beta=beta), reduce, rows)


def _gathered(each: Tensor, reduce: str, rows: Tensor | None) -> Tensor:
    """Errors of elements to what is asked for; a row is an example with all it holds."""
    each = torch.flatten(each.unsqueeze(-1), start_dim=1)
    return gathered(each.sum(dim=1), reduce, rows, width=each.shape[1])
