"""Lengths, angles and distances of vectors."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from kdgraph.knobs import NotNegative
from kdgraph.primitive import primitive
from kdgraph.sorts import Embedding, Values


@primitive(several="v")
def normalize(v: Values[Tensor, "..."], *, over: int = -1) -> Values[Tensor, "..."]:
    r"""Vectors brought to length 1.

    $$ \frac{v}{\max(\lVert v \rVert_2, 10^{-12})} $$

    Args:
        v: vectors along the last axis.
        over: another axis that the vectors lie along.

    Shapes:
        any → the same.

    Units:
        none.

    Errors:
        none; the zero vector stays 0.

    Source:
        Schroff, Kalenichenko, Philbin. FaceNet: A Unified Embedding for Face Recognition
        and Clustering, 2015. arXiv:1503.03832, section 3.
    """
    return F.normalize(v, dim=over, eps=1e-12)


@primitive(several="v")
def center(v: Values[Tensor, "..."], *, over: int = -1) -> Values[Tensor, "..."]:
    r"""Values less their mean.

    $$ v_i - \frac{1}{n} \sum_j v_j $$

    Args:
        v: any values.
        over: the axis to average along, the last unless told.

    Shapes:
        any → the same.

    Units:
        those of `v`.

    Errors:
        none.

    Source:
        elementary; half of Pearson's correlation.
    """
    return v - v.mean(dim=over, keepdim=True)


@primitive(couples=True, several="a")
def cosine(a: Embedding[Tensor, "n d"], b: Embedding[Tensor, "m d"]) -> Values[Tensor, "n m"]:
    r"""How alike the directions of each two vectors are.

    $$ C_{ij} = \frac{\langle a_i, b_j \rangle}{\lVert a_i \rVert \, \lVert b_j \rVert} $$

    Lengths have the floor of `normalize`. Each row meets *each* row of the other side, which
    makes a table of (b, b). Row by row, the first with the first, is a product of unit vectors:

        sum(normalize(a)·normalize(b), over=-1)

    So `1 - mean(cosine(a, b))` pulls an image towards *all* images of the other network; what
    is usually meant is `1 - mean(sum(normalize(a)·normalize(b), over=-1))`.

    Args:
        a: one vector for each row of the result.
        b: one vector for each column.

    Shapes:
        (n, d) and (m, d) → (n, m).

    Units:
        none, from −1 to 1.

    Errors:
        none; a zero vector is at 0 with all others.

    Source:
        Salton, Wong, Yang. A Vector Space Model for Automatic Indexing, 1975.
        Communications of the ACM 18(11).
    """
    return F.normalize(a, dim=-1, eps=1e-12) @ F.normalize(b, dim=-1, eps=1e-12).mT


@primitive(couples=True)
def distances(a: Embedding[Tensor, "n d"], b: Embedding[Tensor, "m d"]) -> Values[Tensor, "n m"]:
    r"""How far each two vectors are apart.

    $$ D_{ij} = \lVert a_i - b_j \rVert_2 $$

    Computed from the differences, so that a vector is at exactly 0 from itself, and moved
    by no gradient there.

    Args:
        a: one vector for each row of the result.
        b: one vector for each column.

    Shapes:
        (n, d) and (m, d) → (n, m).

    Units:
        those of the vectors.

    Errors:
        none.

    Source:
        Park, Kim, Lu, Cho. Relational Knowledge Distillation, 2019. arXiv:1904.05068,
        equation 5.
    """
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


@primitive(couples=True)
def pair_distances(
    v: Embedding[Tensor, "n d"], *, floor: NotNegative = 0.0
) -> Values[Tensor, "n n"]:
    r"""How far each two vectors of one batch are apart, at least a little.

    $$ D_{ij} = \sqrt{\max(\lVert v_i - v_j \rVert_2^2, \epsilon)}, \qquad D_{ii} = 0 $$

    A vector is at 0 from itself, and at $\sqrt{\epsilon}$ from another in its place, so that
    such a pair counts where distances above 0 are counted. Neither has a gradient.

    Args:
        v: one vector for each row.
        floor: $\epsilon$, the least squared distance of two.

    Shapes:
        (n, d) → (n, n).

    Units:
        those of the vectors.

    Errors:
        none.

    Source:
        Park, Kim, Lu, Cho. Relational Knowledge Distillation, 2019. arXiv:1904.05068,
        equation 5, as in the authors' code.
    """
    apart = distances(v, v).clamp(min=math.sqrt(floor))
    return torch.where(torch.eye(len(v), dtype=torch.bool, device=v.device), 0.0, apart)


@primitive(couples=True)
def differences(
    a: Embedding[Tensor, "n d"], b: Embedding[Tensor, "m d"]
) -> Values[Tensor, "n m d"]:
    r"""Where each vector lies, seen from each other.

    $$ \Delta_{ij} = a_i - b_j $$

    Args:
        a: one vector for each row of the result.
        b: one vector for each column.

    Shapes:
        (n, d) and (m, d) → (n, m, d).

    Units:
        those of the vectors.

    Errors:
        none; the result takes n·m·d numbers.

    Source:
        Park, Kim, Lu, Cho. Relational Knowledge Distillation, 2019. arXiv:1904.05068,
        equation 8.
    """
    return a.unsqueeze(1) - b.unsqueeze(0)
