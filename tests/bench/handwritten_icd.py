"""The step of `icd.kd` as a careful person writes it by hand: what the compiled one must match."""

from __future__ import annotations

from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kdgraph.models.resnet import ResNet


class HandwrittenICD(nn.Module):
    """ICD and softened KL for two CIFAR networks; nothing in it is slow on purpose.

    The networks are called part by part, so that features and logits come out of one forward
    without hooks.
    """

    def __init__(
        self, teacher: ResNet, student: ResNet, *, width: int = 128, temperature: float = 4.0
    ) -> None:
        super().__init__()
        self.teacher = teacher.eval().requires_grad_(requires_grad=False)
        self.student = student
        self.head_t = nn.Linear(teacher.fc.in_features, width)
        self.head_s = nn.Linear(student.fc.in_features, width)
        self.theta = nn.Parameter(torch.tensor(1.0))
        self.b = nn.Parameter(torch.tensor(0.0))
        self.temperature = temperature

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss and its four terms."""
        with torch.no_grad():
            f_t, z_t = features_and_logits(self.teacher, x)
        f_s, z_s = features_and_logits(self.student, x)

        sup = F.cross_entropy(z_s, y)

        log_p = F.log_softmax(z_t / self.temperature, dim=1)
        log_q = F.log_softmax(z_s / self.temperature, dim=1)
        kd = self.temperature**2 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)

        s = F.normalize(self.head_s(f_s), dim=1)
        t = F.normalize(self.head_t(f_t), dim=1)
        scores = self.theta.exp().clamp(max=10) * (s @ t.T) + self.b
        contrast = F.cross_entropy(scores, torch.arange(len(x), device=x.device))
        there, back = F.log_softmax(scores, dim=1), F.log_softmax(scores.T, dim=1)
        kl_inv = F.kl_div(there, back, reduction="batchmean", log_target=True)

        total = sup + kd + contrast + 0.5 * kl_inv
        return total, {"sup": sup, "kd": kd, "contrast": contrast, "kl_inv": kl_inv}

    def train(self, mode: bool = True) -> Self:
        """Change the mode of all but the teacher."""
        super().train(mode)
        self.teacher.eval()
        return self


def features_and_logits(network: ResNet, x: Tensor) -> tuple[Tensor, Tensor]:
    """What the classifier sees and what it says, of one forward."""
    h = network.relu(network.bn1(network.conv1(x)))
    h = network.layer3(network.layer2(network.layer1(h)))
    features = h.mean((2, 3))
    return features, network.fc(features)
