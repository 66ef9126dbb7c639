"""Which of several things take part in this step: coins, or an exact number left out."""

from __future__ import annotations

import torch
from torch import Tensor

from kdgraph.draws.draw import Source, draw
from kdgraph.knobs import Natural, Share
from kdgraph.sorts import Values


@draw(step=True)
def gate(p: Share, n: Natural, *, source: Source) -> Values[Tensor, "n"]:
    r"""Coins of a step: each of n numbers is 1 with probability p, else 0.

    $$ b_1, \dots, b_n \sim \mathrm{Bernoulli}(p) $$

    One toss a step, whatever the batch: a function of the seed, the stage and the step, so that
    a run taken up again and all of several devices have the same. What is left out is not made
    up for: nothing is divided by p.

    Args:
        p: how likely a 1 is.
        n: how many coins; none are an empty vector.
        source: filled in: the randomness of the step.

    Shapes:
        () → (n).

    Units:
        none.

    Errors:
        none.

    Source:
        the stochastic learning of Son, Na, Choi, Hwang. Densely Guided Knowledge Distillation
        using Multiple Teacher Assistants, 2021. arXiv:2009.08825, section 3.3.
    """
    if not n:
        return torch.zeros(0, device=source.examples.device)
    return (source.randomness.uniform(n)[0] < p).float()


@draw(step=True)
def choose(n: Natural, *, drop: Natural = 1, source: Source) -> Values[Tensor, "n"]:
    r"""All but some of n things: `drop` of n numbers are 0 in this step, the others 1.

    $$ b \in \{0, 1\}^n, \qquad \textstyle\sum_i b_i = n - \text{drop} $$

    Every set of that size is equally likely. One draw a step, a function of the seed, the stage
    and the step; what is left out is not made up for.

    Args:
        n: how many things.
        drop: how many of them are left out, fewer than n; 0 leaves out none.
        source: filled in: the randomness of the step.

    Shapes:
        () → (n).

    Units:
        none.

    Errors:
        `drop` is below n.

    Source:
        the released code of Son, Na, Choi, Hwang. Densely Guided Knowledge Distillation using
        Multiple Teacher Assistants, 2021. arXiv:2009.08825.
    """
    if not drop:
        return torch.ones(n, device=source.examples.device)
    first = source.randomness.bits(n)[0].argsort()[:drop]
    return torch.ones(n, device=first.device).index_fill(0, first, 0.0)
