"""Metrics are numbers of the whole test set, whatever the batch; worked out with NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from kdgraph.compiler import load
from kdgraph.data.images import Images, Split
from kdgraph.experiment import examine
from kdgraph.lower.assemble import assemble
from kdgraph.passes import lean
from kdgraph.train.cast import on_networks
from kdgraph.train.measure import metrics_of
from tests.references.fills import wave

CPU = torch.device("cpu")
COUNT, CLASSES = 11, 3
Y = np.array([0, 1, 2, 0, 2, 1, 1, 0, 2, 2, 1])
Z = wave((COUNT, CLASSES), 0.7, 0.1, 3)
T = wave((COUNT, CLASSES), 0.5, 0.3, 3)
U = wave((COUNT, CLASSES), 0.8, 0.6, 3)
P, Q, R = (np.exp(v) / np.exp(v).sum(1, keepdims=True) for v in (Z, T, U))


class Lookup(nn.Module):
    """Gives the row of a table that the image's pixels name."""

    def __init__(self, rows):
        super().__init__()
        self.fc = nn.Linear(CLASSES, CLASSES, bias=False).double()
        self.fc.weight.data = torch.eye(CLASSES).double()
        self.rows = nn.Parameter(torch.as_tensor(rows).double())
        self.drop = nn.Dropout()

    def forward(self, x):
        return self.fc(self.drop(self.rows[(x[:, 0, 0, 0] * 255).round().long()]))


class Plain(nn.Module):
    def forward(self, x):
        return x.double() / 255


def split(labels=Y):
    pixels = torch.arange(COUNT, dtype=torch.uint8).reshape(-1, 1, 1, 1).expand(-1, 1, 8, 8)
    images = Images(pixels.contiguous(), torch.tensor(labels), ("a", "b", "c"))
    return Split(images, images, (0.5,), (0.5,))


def measured(metrics, batch, *, views="", tables=(("student", Z), ("teacher", T)),
             precision=None, times=None):  # fmt: skip
    lines = "\n".join(f"  {name}: {text}" for name, text in metrics.items())
    text = f"loss: cross_entropy(student.logits, y)\n{views}metrics:\n{lines}\n"
    models = {"models.second": "convnet8"} if len(tables) > 2 else {}
    told = {"data.name": "synthetic", "data.channels": 1, **models}
    whole, networks = examine(load(text), "digits", told), {n: Lookup(v) for n, v in tables}
    assert not whole.errors, whole.errors
    experiment = on_networks(whole, networks, split())
    assert not experiment.errors, experiment.errors
    prepare = {name: Plain() for name in networks}
    sample = split().test.pixels[:2]
    graph = lean(experiment.analysis.built().graph)
    step = assemble(graph, experiment.world, networks, sample=sample, prepare=prepare)
    step.models = dict(networks)
    step.clock(**times or {})
    made = metrics_of(experiment, step, networks, prepare, split(), batch, CPU, precision=precision)
    networks["student"].train()
    found = made()
    assert networks["student"].drop.training
    return found


def ece(p, bins=10):
    sure, right = p.max(1), p.argmax(1) == Y
    return sum(
        abs((right[here] - sure[here]).sum()) / COUNT
        for j in range(bins)
        for here in [(sure > j / bins) & (sure <= (j + 1) / bins)]
    )


UNIT = Z / np.linalg.norm(Z, axis=1, keepdims=True)
CENTRED = Z - Z.mean(0)
EXPECTED = {
    "nll(student.logits, y)": -np.log(P[range(COUNT), Y]).mean(),
    "predictive_kl(teacher.logits, student.logits)": (Q * np.log(Q / P)).sum(1).mean(),
    "ece(student.logits, y)": ece(P),
    "ece(student.logits, y, bins=4)": ece(P, 4),
    "exp(nll(student.logits, y))": np.exp(-np.log(P[range(COUNT), Y]).mean()),
    "mean(entropy(softmax(student.logits)))": -(P * np.log(P)).sum(1).mean(),
    "mse(student.logits, teacher.logits)": ((Z - T) ** 2).mean(),
    "sum(student.logits²)": (Z**2).sum(),
    "mean((normalize(student.logits) @ normalize(student.logits)ᵀ)²)":
        ((UNIT @ UNIT.T) ** 2).mean(),
    "mean(center(student.logits, over=0)²)": (CENTRED**2).mean(),
    "mean(softmax(student.logits, over=0)²)":
        ((np.exp(Z) / np.exp(Z).sum(0)) ** 2).mean(),
    "mean(softmax(mean(student.logits, over=1))²)":
        ((np.exp(Z.mean(1)) / np.exp(Z.mean(1)).sum()) ** 2).mean(),
    "cross_entropy(student.logits @ teacher.logitsᵀ, origin(x))":
        -np.log(np.diag(np.exp(Z @ T.T)) / np.exp(Z @ T.T).sum(1)).mean(),
    "mean(pearson(student.logits, teacher.logits, over=0, ε=0))":
        np.mean([np.corrcoef(Z[:, k], T[:, k])[0, 1] for k in range(CLASSES)]),
    "mean(student.logits[:, 1])·mean(teacher.logits)": Z[:, 1].mean() * T.mean(),
    "kl(softmax(teacher.logits) ‖ softmax(student.logits), rows=argmax(student.logits) == y)":
        (Q * np.log(Q / P)).sum(1)[P.argmax(1) == Y].mean(),
    "cross_entropy(student.logits, y, reduce=sum)": -np.log(P[range(COUNT), Y]).sum(),
}  # fmt: skip


@pytest.mark.parametrize("batch", [1, 4, 5, COUNT, 100])
def test_a_metric_is_that_of_the_whole_test_set_for_any_batch(batch):
    names = {f"m{place}": text for place, text in enumerate(EXPECTED)}
    texts = {name: f"'{text}'" for name, text in names.items()}
    found = measured(texts, batch)

    for name, text in names.items():
        assert found[name] == pytest.approx(EXPECTED[text], abs=1e-9), text


@pytest.mark.parametrize("batch", [1, 4, COUNT])
def test_shares_of_rows_and_numbers_that_look_at_no_image(batch):
    found = measured(
        {
            "right": "accuracy(student.logits, y)",
            "same": "agreement(teacher.logits, student.logits)",
            "three": "classes",
        },
        batch,
    )

    assert found["right"] == pytest.approx((P.argmax(1) == Y).mean(), abs=1e-6)
    assert found["same"] == pytest.approx((P.argmax(1) == Q.argmax(1)).mean(), abs=1e-6)
    assert found["three"] == 3


@pytest.mark.parametrize("batch", [3, COUNT])
def test_views_of_several_rows_know_their_images(batch):
    views = "views:\n  rot: rotate(image, 0, 90)\n"
    found = measured(
        {
            "twice": "cross_entropy(student(rot).logits, y[origin(rot)])",
            "first": "cross_entropy(student(rot).logits, 2·part(rot))",
        },
        batch,
        views=views,
    )

    log_p = np.log(P)
    assert found["twice"] == pytest.approx(-log_p[range(COUNT), Y].mean(), abs=1e-9)
    assert found["first"] == pytest.approx(-(log_p[:, 0] + log_p[:, 2]).mean() / 2, abs=1e-9)


def test_the_mean_of_several_teachers_is_taken_of_their_probabilities():
    tables = (("student", Z), ("teacher", T), ("second", U))
    together = "log(mean(softmax(t.logits) for t in teachers))"
    found = measured({"apart": f"predictive_kl({together}, student.logits)"}, 4, tables=tables)

    mean = (Q + R) / 2
    assert found["apart"] == pytest.approx((mean * np.log(mean / P)).sum(1).mean(), abs=1e-9)


def test_a_divergence_of_sure_networks_is_no_infinity():
    tables = (("student", 900 * Z), ("teacher", T))

    assert np.isfinite(measured({"m": "predictive_kl(teacher.logits, student.logits)"}, 4,
                                tables=tables)["m"])  # fmt: skip


@pytest.mark.parametrize("batch", [1, 4])
def test_a_metric_knows_the_time_of_the_last_step(batch):
    metrics = {"late": "epoch/epochs", "weighed": "epoch·mean(student.logits) + step"}
    found = measured(metrics, batch, times={"epoch": 3, "epochs": 4, "step": 20})

    assert found == pytest.approx({"late": 0.75, "weighed": 3 * Z.mean() + 20})


def test_networks_compute_in_the_precision_of_training(monkeypatch):
    seen = []

    def forward(self, x):
        seen.append(torch.is_autocast_enabled("cpu"))
        return self.rows[(x[:, 0, 0, 0] * 255).round().long()]

    monkeypatch.setattr(Lookup, "forward", forward)
    measured({"m": "mean(student.logits)"}, 4, precision=torch.bfloat16)
    half = seen[-3:]
    measured({"m": "mean(student.logits)"}, 4)

    assert (half, seen[-3:]) == ([True] * 3, [False] * 3)
