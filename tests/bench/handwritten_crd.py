"""The step of `crd.kd` as a careful person writes it by hand: what the compiled one must match."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kdgraph.models.resnet import ResNet
from tests.bench.handwritten_icd import features_and_logits


class HandwrittenCRD(nn.Module):
    """CRD for two CIFAR networks; nothing in it is slow on purpose.

    It has the tricks of kdgraph: scores against the whole bank and then a gather, exact negatives
    of a tail shuffle from a pool in the order of classes, one pass of logarithms.

    Args:
        teacher: frozen here.
        student: trained.
        labels: of all training examples.
        negatives: how many a row has.
        width: of the heads.
        temperature: of the scores.
        beta: the weight of the contrast.
    """

    m_s: Tensor
    m_t: Tensor

    def __init__(
        self,
        teacher: ResNet,
        student: ResNet,
        labels: Tensor,
        *,
        negatives: int = 16_384,
        width: int = 128,
        temperature: float = 0.07,
        beta: float = 0.8,
    ) -> None:
        super().__init__()
        self.teacher = teacher.eval().requires_grad_(requires_grad=False)
        self.student = student
        self.head_t = nn.Linear(teacher.fc.in_features, width)
        self.head_s = nn.Linear(student.fc.in_features, width)
        self.negatives, self.temperature, self.beta = negatives, temperature, beta
        self.n = len(labels)
        bound = (3 / width) ** 0.5
        for name in ("m_s", "m_t"):
            self.register_buffer(name, torch.empty(self.n, width).uniform_(-bound, bound))
        self.z: dict[str, Tensor] = {}
        self.order = torch.argsort(labels, stable=True).repeat(2)
        self.size = torch.bincount(labels)
        self.after = self.size.cumsum(0)
        self.draw = np.random.default_rng(0)
        self.staged: tuple[Tensor, Tensor, Tensor] | None = None

    def forward(
        self, x: Tensor, y: Tensor, i: Tensor, pairs: Tensor | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss and its two terms."""
        pairs = self.pairs(y, i) if pairs is None else pairs
        with torch.no_grad():
            f_t, _ = features_and_logits(self.teacher, x)
        f_s, logits = features_and_logits(self.student, x)
        sup = F.cross_entropy(logits, y)
        s = F.normalize(self.head_s(f_s), dim=1)
        t = F.normalize(self.head_t(f_t), dim=1)
        crd = self.nce("s", s @ self.m_t.T, pairs) + self.nce("t", t @ self.m_s.T, pairs)
        self.staged = i, s.detach(), t.detach()
        return sup + self.beta * crd, {"sup": sup, "crd": crd}

    def nce(self, side: str, scores: Tensor, pairs: Tensor) -> Tensor:
        """Noise-contrastive estimation over the named columns, by one pass of logarithms."""
        e = torch.exp(scores.gather(1, pairs) / self.temperature)
        if side not in self.z:
            self.z[side] = self.n * e.detach().mean()
        c = self.negatives / self.n
        p = e / self.z[side]
        return (torch.log1p((p + 1e-7) / c).sum(1) - torch.log(p[:, 0] / c)).mean()

    def pairs(self, y: Tensor, i: Tensor) -> Tensor:
        """Each example's own number, then those of examples of other classes."""
        room = (self.n - self.size[y]).tolist()
        drawn = [self.draw.choice(r, self.negatives, replace=False, shuffle=False) for r in room]
        places = torch.from_numpy(np.stack(drawn)) + self.after[y][:, None]
        return torch.cat([i[:, None], self.order.take(places)], dim=1)

    @torch.no_grad()
    def commit(self) -> None:
        """Move the rows of the batch."""
        assert self.staged is not None
        i, s, t = self.staged
        self.m_s[i] = F.normalize(0.5 * self.m_s[i] + 0.5 * s, dim=1)
        self.m_t[i] = F.normalize(0.5 * self.m_t[i] + 0.5 * t, dim=1)

    def train(self, mode: bool = True) -> Self:
        """Change the mode of all but the teacher."""
        super().train(mode)
        self.teacher.eval()
        return self
