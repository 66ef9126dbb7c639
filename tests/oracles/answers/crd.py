"""CRD and ICD on embeddings that are given: the heads are made the identity."""

from __future__ import annotations

import torch
from torch import Tensor

import kdgraph
from kdgraph.lower.step import Step
from tests.oracles.answers import answers, wave
from tests.oracles.stub import Stub

ROWS, WIDTH, EXAMPLES = 2, 4, 10
X, Y = torch.zeros(ROWS, 1, 2, 2, dtype=torch.float64), torch.tensor([0, 1])
I, J = torch.tensor([4, 7]), torch.tensor([[4, 1, 2, 9], [7, 0, 3, 5]])


def unit(shape: tuple[int, int], a: float, b: float) -> Tensor:
    return torch.nn.functional.normalize(wave(shape, a, b), dim=1)


BANKS = {"M_s": unit((EXAMPLES, WIDTH), 1.1, 0.2), "M_t": unit((EXAMPLES, WIDTH), 1.3, 0.7)}


def compiled(recipe: str, given: list[str], **values: object) -> Step:
    logits = torch.zeros(ROWS, 3, dtype=torch.float64)
    models = {
        "student": Stub(unit((ROWS, WIDTH), 0.8, 0.1), logits),
        "teacher": Stub(unit((ROWS, WIDTH), 0.6, 0.5), logits),
    }
    step = kdgraph.compile(
        recipe, models=models, sample=X, examples=EXAMPLES, given=given, set=values
    )
    for module in step.parts.modules():
        if isinstance(module, torch.nn.Linear):
            torch.nn.init.eye_(module.weight)
            torch.nn.init.zeros_(module.bias)
    return step


def contrasted() -> tuple[Step, Tensor]:
    term = f"crd(teacher.features, student.features, J, d={WIDTH})"
    step = compiled("crd", ["J", "M_s", "M_t"], crd=term)
    return step, step(X, Y, I, J=J, **BANKS).terms["crd"]


@answers("crd")
def contrast(key: str) -> Tensor:
    del key
    return contrasted()[1]


@answers("crd.bank1[4,0]")
def row(key: str) -> Tensor:
    del key
    step, value = contrasted()
    value.backward()
    step.commit()
    return step.memory["crd.M_s"].rows[4, 0]


@answers("icd", "icd.contrast", "icd.kl_inv")
def invariant(key: str) -> Tensor:
    heads = {side: f"normalize(linear({name}.features, {WIDTH}))" for side, name in
             (("s", "student"), ("t", "teacher"))}  # fmt: skip
    out = compiled("icd-alone", [], b="learn(0.2)", **heads)(X, Y)
    if key == "icd":
        return out.total - out.terms["sup"]
    return out.terms[key[4:]]
