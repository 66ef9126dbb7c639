"""KCD equals the released code: values, ranks, every mixed pixel, sizes and the loss.

The student's logits and the images are made by a formula, as the code was run on them; what came
out of it is in `kcd_rounds.json`. The values go through the compiled recipe.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

import kdgraph
from kdgraph.data.images import Images
from kdgraph.data.pool import Pool
from kdgraph.lang.condense import Condensing
from kdgraph.train.condense import Condenser, parted
from kdgraph.train.worth import Worth, ranked
from tests.oracles.stub import Stub, close

N, CLASSES = 24, 4
ORACLE = json.loads((Path(__file__).parent / "kcd_rounds.json").read_text())
ENDS = (3, 5, 7)  # epochs after which there is a round
EVERY = 40
IMAGES = Images(
    torch.tensor(
        [[(37 * i + 11 * j + 5 * i * j) % 256 for j in range(12)] for i in range(N)],
        dtype=torch.uint8,
    ).reshape(N, 3, 2, 2),
    torch.arange(N) % CLASSES,
    tuple("abcd"),
)


def logits(epoch):
    rows = [
        [
            round(
                (0.6 + 0.5 * epoch)
                * (0.4 + 0.12 * ((7 * i + 3) % 24))
                * math.sin(1.7 * i + 2.1 * c + 0.35 * epoch),
                3,
            )
            for c in range(CLASSES)
        ]
        for i in range(N)
    ]
    return torch.tensor(rows, dtype=torch.float64)


def compiled(student, teacher, **values):
    rows = len(student)
    features = torch.zeros(rows, 2, dtype=torch.float64)
    models = {"teacher": Stub(features, teacher), "student": Stub(features.clone(), student)}
    sample = torch.zeros(rows, 1, 2, 2, dtype=torch.float64)
    return kdgraph.compile("kcd", models=models, sample=sample, set=values)


def values(epoch):
    """What the compiled recipe says that every example is worth."""
    step = compiled(logits(epoch), torch.zeros(N, CLASSES, dtype=torch.float64))
    found = step(torch.zeros(N, 1, 2, 2, dtype=torch.float64), IMAGES.labels).outputs["condense"]
    assert not found.requires_grad
    return found


@pytest.fixture(scope="module")
def told():
    return [values(epoch) for epoch in range(ENDS[-1])]


def rounds(told, keep, **more):
    """The condenser after each of the three rounds, in turn."""
    how = Condensing(keep=keep, every=EVERY, **more)
    condenser = Condenser(how, Pool(IMAGES), Worth(N, torch.device("cpu")))
    epoch = 0
    for number, end in enumerate(ENDS, 1):
        for _ in range(epoch, end):
            seen = condenser.remain
            condenser.note({"condense": told[epoch][seen]}, seen, torch.tensor(data=True))
            epoch += 1
        yield condenser, condenser.after(number * EVERY)


@pytest.mark.parametrize("which", "AB")
def test_means_and_frequencies_and_scores(told, which):
    oracle = ORACLE[which]
    for (condenser, _), expected in zip(
        rounds(told, oracle["keep"]), oracle["rounds"], strict=True
    ):
        assert close(condenser.worth.mean, expected["mean"])
        assert condenser.worth.count.tolist() == expected["count"]
        assert close(condenser.worth.scores(cost=0.03, unit=EVERY), expected["score"])


@pytest.mark.parametrize("which", "AB")
def test_ranks_and_who_stays(told, which):
    oracle = ORACLE[which]
    before = N
    for (condenser, done), expected in zip(
        rounds(told, oracle["keep"]), oracle["rounds"], strict=True
    ):
        ranks = ranked(condenser.worth.scores(cost=0.03, unit=EVERY))
        parting = parted(ranks, done.kept, before, "code")

        assert ranks.tolist() == expected["order"]
        assert done.kept == expected["kept"]
        assert condenser.remain.tolist() == expected["order"][: done.kept]
        assert parting.last.tolist() == expected["last"]
        assert parting.out.tolist() == expected["out"]
        before = done.kept


@pytest.mark.parametrize("which", "AB")
def test_every_pixel_of_every_mixed_image(told, which):
    oracle = ORACLE[which]
    pixels = IMAGES.pixels.clone()
    for (condenser, _), expected in zip(
        rounds(told, oracle["keep"]), oracle["rounds"], strict=True
    ):
        for example, row in expected["pixels"].items():
            pixels[int(example)] = torch.tensor(row, dtype=torch.uint8).reshape(3, 2, 2)

        assert torch.cat(list(condenser.pool.now(torch.arange(N)))).equal(pixels)


def test_an_example_returns_and_an_image_is_mixed_twice(told):
    a = [done for _, done in rounds(told, 0.5)]

    assert [(done.left, done.returned) for done in a] == [(2, 0), (3, 1), (2, 0)]
    b = [condenser.pool.pixels.shape[0] for condenser, _ in rounds(told, 0.25)]
    assert b == [2, 4, 5]  # example 21 has its own pixels before it is mixed again


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        (0, [1.3481377288, 1.2972015168, 1.2256467311]),
        (6, [0.6619054418, 0.3393162596, 0.6416626368]),
        (13, [0.8218532808, 0.1243701477, 0.0260200719]),
    ],
)
def test_the_values_of_three_epochs(told, example, expected):
    assert [round(told[epoch][example].item(), 10) for epoch in range(3)] == expected


@pytest.mark.parametrize(
    ("keep", "sizes"),
    [
        (0.7, (47500, 45000, 42500, 40000, 37500, 35000, 35000)),
        (0.5, (45834, 41668, 37502, 33336, 29170, 25004, 25000)),
        (0.6, (46667, 43334, 40001, 36668, 33335, 30002, 30000)),
        (0.8, (48334, 46668, 45002, 43336, 41670, 40004, 40000)),
    ],
)
def test_the_sizes_of_the_released_code(keep, sizes):
    found, now = [], 50_000
    for _ in sizes:
        now = Condensing(keep=keep).after(50_000, now)
        found.append(now)

    assert tuple(found) == sizes


def test_the_loss_is_that_of_the_method_it_wraps():
    student = torch.tensor([[1.0, 2, 3], [0.5, -1, 2]], dtype=torch.float64)
    teacher = torch.tensor([[3.0, 2, 0], [-1, 0, 4]], dtype=torch.float64)
    step = compiled(student, teacher)

    out = step(torch.zeros(2, 1, 2, 2, dtype=torch.float64), torch.tensor([0, 2]))

    assert close(out.terms["sup"], 1.3244586305507688)
    assert close(out.terms["kd"], 1.456151837358563)
    assert close(out.total, 1.4429825166777834)
    out.total.backward()
    grad = step.models["student"].bias.grad
    assert close(grad[0], [-0.38738825116964065, -0.02278862268781956, 0.4101768738574602])
