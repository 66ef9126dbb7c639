"""The bends of networks, applied to each element; a plain number stays a plain number."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from kdgraph.primitive import primitive
from kdgraph.sorts import Values


@primitive
def sigmoid(v: Values[Tensor | float, "..."]) -> Values[Tensor | float, "..."]:
    r"""Any number squeezed into 0 … 1.

    $$ \frac{1}{1 + e^{-v}} $$

    Args:
        v: any values.

    Shapes:
        any → the same.

    Units:
        log odds → a probability.

    Errors:
        none.

    Source:
        Verhulst. Recherches mathématiques sur la loi d'accroissement de la population,
        1845.
    """
    return torch.sigmoid(v) if isinstance(v, Tensor) else (1 + math.tanh(v / 2)) / 2


@primitive
def log_sigmoid(v: Values[Tensor | float, "..."]) -> Values[Tensor | float, "..."]:
    r"""The logarithm of a sigmoid; `log(sigmoid(v))` is lowered to it.

    $$ -\ln(1 + e^{-v}) $$

    Args:
        v: any values.

    Shapes:
        any → the same.

    Units:
        log odds → nats, from −∞ to 0.

    Errors:
        none; it doesn't underflow.

    Source:
        elementary.
    """
    if isinstance(v, Tensor):
        return F.logsigmoid(v)
    return -math.log1p(math.exp(-math.fabs(v))) + (v if v < 0 else 0.0)


@primitive
def tanh(v: Values[Tensor | float, "..."]) -> Values[Tensor | float, "..."]:
    r"""Any number squeezed into −1 … 1.

    $$ \frac{e^{v} - e^{-v}}{e^{v} + e^{-v}} $$

    Args:
        v: any values.

    Shapes:
        any → the same.

    Units:
        none.

    Errors:
        none.

    Source:
        elementary.
    """
    return torch.tanh(v) if isinstance(v, Tensor) else math.tanh(v)


@primitive(sort="same")
def relu(v: Values[Tensor | float, "..."]) -> Values[Tensor | float, "..."]:
    r"""What is above 0.

    $$ \max(v, 0) $$

    Args:
        v: any values.

    Shapes:
        any → the same.

    Units:
        those of `v`.

    Errors:
        none; the slope at 0 is taken as 0.

    Source:
        Nair, Hinton. Rectified Linear Units Improve Restricted Boltzmann Machines, 2010.
        ICML.
    """
    if isinstance(v, Tensor):
        return torch.relu(v)
    return v if v > 0 else 0.0


@primitive
def softplus(v: Values[Tensor | float, "..."]) -> Values[Tensor | float, "..."]:
    r"""A smooth `relu`, always above 0: the usual way to learn a variance.

    $$ \ln(1 + e^{v}) $$

    Args:
        v: any values.

    Shapes:
        any → the same.

    Units:
        those of `v`.

    Errors:
        none; from 20 up it is `v` itself, as in PyTorch.

    Source:
        Dugas, Bengio, Bélisle, Nadeau, Garcia. Incorporating Second-Order Functional
        Knowledge for Better Option Pricing, 2000. NeurIPS 13.
    """
    if isinstance(v, Tensor):
        return F.softplus(v)
    return math.log1p(math.exp(-math.fabs(v))) + (v if v > 0 else 0.0)
