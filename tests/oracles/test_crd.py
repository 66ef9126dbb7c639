"""CRD equals the numbers of the released code over two steps, banks and normalisers included."""

from __future__ import annotations

import pytest
import torch

import kdgraph
from tests.oracles.stub import Stub, close, fill

F_S, F_T = fill((3, 4), 5, 3, 4.0), fill((3, 5), 3, 1, 4.0)
HEADS = {
    "v": (fill((4, 4), 7, 2, 8.0), fill((4,), 3, 5, 8.0)),
    "u": (fill((4, 5), 11, 4, 8.0), fill((4,), 5, 1, 8.0)),
}
BANKS = {"M_s": fill((6, 4), 9, 6, 10.0), "M_t": fill((6, 4), 13, 2, 10.0)}
X = torch.zeros(3, 1, 2, 2, dtype=torch.float64)
Y = torch.tensor([0, 1, 2])
FIRST = torch.tensor([4, 0, 2]), torch.tensor([[4, 1, 3], [0, 5, 3], [2, 1, 5]])
SECOND = torch.tensor([1, 3, 5]), torch.tensor([[1, 0, 4], [3, 2, 0], [5, 4, 2]])

EXPECTED = {
    0.07: {
        "first": 20.135561547334, "second": 21.734055425332,
        "halves": (9.311393743774, 10.824167803560), "later": (9.155930565696, 12.578124859635),
        "z": (82606.2031111134, 155426.926007450),
        "corner": (-0.3662260394927, 2.6544838199838),
        "norms": (1.8342896964, 3.6525783578, 7.6841671481),
    },
    0.5: {
        "first": 4.126613849638, "second": 4.442975968264,
        "halves": (2.116135477620, 2.010478372019), "later": (2.143461471328, 2.299514496936),
        "z": (10.3599112079, 8.6479918700),
        "corner": (-0.0205930213483, 0.1469847417357),
        "norms": (0.2843653580, 0.4286546951, 0.6006921730),
    },
}  # fmt: skip


HALVES = """
loss: a + b
where:
  a: "nce((v @ M_tᵀ)[:, J], {T})"
  b: "nce((u @ M_sᵀ)[:, J], {T})"
  v: normalize(linear(student.features, 4))
  u: normalize(linear(teacher.features, 4))
  M_s: bank(v, momentum=0.5)
  M_t: bank(u, momentum=0.5)
  J: negatives(i, 2)
"""


def compiled(recipe, parts="", **values):
    """A step over stubs, and its student; the heads start where the oracle has them."""
    logits = torch.zeros(3, 3, dtype=torch.float64)
    student, teacher = Stub(F_S.clone(), logits), Stub(F_T.clone(), logits)
    step = kdgraph.compile(
        recipe,
        models={"teacher": teacher, "student": student},
        sample=X,
        examples=6,
        given=["J", "M_s", "M_t"],
        set=values,
    )
    with torch.no_grad():
        for name, (weight, bias) in HEADS.items():
            head = step.parts.get_submodule(f"{parts}{name}.linear")
            head.weight.copy_(weight)
            head.bias.copy_(bias)
    return step, student


def crd(temperature):
    term = f"crd(teacher.features, student.features, J, d=4, T={temperature})"
    return compiled("crd", parts="crd.", crd=term)


def run(step, batch, **starts):
    i, pairs = batch
    return step(X, Y, i, J=pairs, **starts)


@pytest.mark.parametrize("temperature", EXPECTED)
def test_two_steps_with_the_banks_moving_and_the_normalisers_kept(temperature):
    step, _ = crd(temperature)
    told = EXPECTED[temperature]

    assert close(run(step, FIRST, **BANKS).terms["crd"], told["first"])
    step.commit()
    assert close(run(step, SECOND).terms["crd"], told["second"])


@pytest.mark.parametrize("temperature", EXPECTED)
def test_the_normalisers_are_those_of_the_first_step(temperature):
    step, _ = crd(temperature)
    for batch, starts in ((FIRST, BANKS), (SECOND, {})):
        run(step, batch, **starts)
        step.commit()
        kept = [one.value.item() for name, one in step.memory.items() if "once" in name]
        assert sorted(kept) == pytest.approx(sorted(EXPECTED[temperature]["z"]), rel=1e-9)


@pytest.mark.parametrize("temperature", EXPECTED)
def test_gradients_reach_the_student_and_both_heads(temperature):
    step, student = crd(temperature)
    run(step, FIRST, **BANKS).terms["crd"].backward()
    told, parts = EXPECTED[temperature], step.parts.crd

    assert close(parts.v.linear.weight.grad[0, 0], told["corner"][0])
    assert close(parts.u.linear.weight.grad[0, 0], told["corner"][1])
    assert close(student.features.grad.norm(), told["norms"][0])
    assert close(parts.v.linear.weight.grad.norm(), told["norms"][1])
    assert close(parts.u.linear.weight.grad.norm(), told["norms"][2])


def test_the_banks_after_the_first_step():
    step, _ = crd(0.07)
    run(step, FIRST, **BANKS)
    rows = {name: step.memory[f"crd.{name}"].rows for name in BANKS}
    assert torch.equal(rows["M_s"], BANKS["M_s"])  # only the commit writes
    step.commit()

    assert close(rows["M_s"][0], [0.195971904660, 0.467306734581, -0.101957360609, 0.856051473345])
    assert close(
        rows["M_s"][2], [-0.253068513716, -0.568286448338, 0.633999487408, -0.459403406568]
    )
    assert close(rows["M_s"][4], [0.779739875971, 0.060350827994, 0.377565368762, 0.495790173050])
    assert close(rows["M_t"][0], [-0.715181050796, 0.391810324286, 0.468737631595, 0.339537578321])
    assert close(rows["M_t"][2], [-0.599155686661, -0.412625608636, 0.601628527448, 0.329841909406])
    assert close(rows["M_t"][4], [-0.312129624903, -0.915667267332, 0.253228588369, 0.001958271359])
    for name, start in BANKS.items():
        assert torch.equal(rows[name][1::2], start[1::2])


@pytest.mark.parametrize("temperature", EXPECTED)
def test_each_anchor_alone(temperature):
    told = EXPECTED[temperature]
    step, _ = compiled(HALVES.replace("{T}", str(temperature)))
    first = run(step, FIRST, **BANKS).terms
    step.commit()
    second = run(step, SECOND).terms

    assert close(torch.stack([first["a"], first["b"]]), list(told["halves"]))
    assert close(torch.stack([second["a"], second["b"]]), list(told["later"]))


def test_info_nce_on_the_same_scores():
    step, _ = compiled(HALVES.replace("nce(", "info_nce(").replace("{T}", "0.07"))
    found = run(step, FIRST, **BANKS).terms

    assert close(torch.stack([found["a"], found["b"]]), [2.516206613085, 5.075016838502])


def test_the_normaliser_may_follow_slowly():
    # the first step uses its own Z₀, the second Z₀ as well; then Z = 0.99·Z₀ + 0.01·Z₁, where
    # n·mean(e) = Z₁ of the second step is computed here from the banks it reads
    step, _ = compiled(HALVES.replace("{T}", "0.07, m=0.99"))
    first = run(step, FIRST, **BANKS).terms
    step.commit()
    bank = step.memory["M_t"].rows.clone()
    second = run(step, SECOND).terms
    step.commit()
    s = torch.nn.functional.normalize(F_S @ HEADS["v"][0].T + HEADS["v"][1], dim=1)
    own = 6 * torch.exp((s @ bank.T).gather(1, SECOND[1]) / 0.07).mean().item()
    moved = [one.value.item() for name, one in step.memory.items() if "once" in name]

    assert close(first["a"], EXPECTED[0.07]["halves"][0])
    assert close(second["a"], EXPECTED[0.07]["later"][0])
    assert pytest.approx(0.99 * EXPECTED[0.07]["z"][0] + 0.01 * own, rel=1e-9) in moved


def test_two_teachers_are_two_critics_and_their_losses_add():
    logits = torch.zeros(3, 3, dtype=torch.float64)
    models = {
        "first": Stub(F_T.clone(), logits),
        "second": Stub(F_T.clone(), logits),
        "student": Stub(F_S.clone(), logits),
    }
    term = "Σ(t in teachers) crd(t.features, student.features, J, d=4)"
    step = kdgraph.compile(
        "crd-ensemble", models=models, sample=X, examples=6, given=["J"], set={"crd": term}
    )
    heads = {name for name, _ in step.parts.named_parameters() if name.endswith("weight")}
    assert len(heads) == 4
    with torch.no_grad():
        for name, parameter in step.parts.named_parameters():
            weight, bias = HEADS["v" if ".v." in name else "u"]
            parameter.copy_(weight if name.endswith("weight") else bias)
    assert len(step.memory) == 8  # two banks and two normalisers a teacher
    for name, memory in step.memory.items():
        if name.endswith(("M_s", "M_t")):
            memory.start(BANKS[name[-3:]])

    for batch, told in ((FIRST, 20.135561547334), (SECOND, 21.734055425332)):
        found = run(step, batch).terms
        assert close(sum(value for name, value in found.items() if name != "sup"), 2 * told)
        step.commit()


def test_without_labels_they_reach_the_classifier_alone():
    logits = torch.zeros(3, 3, dtype=torch.float64)
    student, teacher = Stub(F_S.clone(), logits.clone()), Stub(F_T.clone(), logits)
    models = {"teacher": teacher, "student": student}
    step = kdgraph.compile(
        "crd-unlabelled", models=models, sample=X, examples=6, given=["J"], set={"K": 2}
    )
    out = run(step, FIRST)
    out.terms["probe"].backward()

    assert student.features.grad is None
    assert student.fc.weight.grad.norm() > 0
    assert close(out.terms["probe"], torch.tensor(3.0).double().log().item())  # zeros: one in three
