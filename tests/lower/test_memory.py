"""The forward only reads memory; the commit writes it, once, after a step that was finite."""

from __future__ import annotations

import pytest
import torch
import torch._dynamo.testing

import kdgraph
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.models.build import build

LABELS = torch.arange(40) % 10
CRD = """
loss: sup + 0.8·crd
where:
  sup: cross_entropy(student.logits, y)
  crd: crd(teacher.features, student.features, J, d=4)
  J: negatives(i, 8, other=y)
"""
LAST = """
loss: sup + kd
forward: separate
views: {a: flip(image), b: flip(image)}
where:
  z: student(a).logits
  old: delay(x=b, y=y, z=detach(z))
  u: student(old.x).logits
  sup: cross_entropy(concat(u, z), concat(old.y, y))
  kd: kd(old.z ‖ u, T=3)
"""


@pytest.fixture
def models():
    torch.manual_seed(0)
    return {
        "teacher": build("convnet16", 10, channels=1),
        "student": build("convnet8", 10, channels=1),
    }


def batch(*examples):
    i = torch.tensor(examples)
    generator = torch.Generator().manual_seed(int(i.sum()))
    return torch.randn(len(i), 1, 8, 8, generator=generator), LABELS[i], i


def crd(models, **more):
    return kdgraph.compile(CRD, models=models, sample=batch(0)[0], labels=LABELS, **more)


def kept(step):
    return {
        f"{name}.{key}": value.clone()
        for name, one in step.memory.items()
        for key, value in one.state_dict().items()
    }


def same(one, other):
    return all(torch.equal(value, other[name]) for name, value in one.items())


def test_a_forward_writes_nothing_and_the_commit_writes_the_rows_of_the_batch(models):
    step = crd(models)
    before = kept(step)
    step(*batch(3, 5, 30)).total.backward()
    assert same(kept(step), before)
    step.commit()
    moved = (kept(step)["crd.M_s.rows"] != before["crd.M_s.rows"]).any(dim=1)

    assert moved.nonzero().flatten().tolist() == [3, 5, 30]


def test_a_commit_without_a_forward_writes_nothing_again(models):
    step = crd(models)
    step(*batch(3, 5, 30)).total.backward()
    step.commit()
    before = kept(step)
    step.commit()

    assert same(kept(step), before)


def test_a_step_that_was_not_finite_is_not_written_and_not_kept_for_later(models):
    step = crd(models)
    before = kept(step)
    step(*batch(3, 5, 30)).total.backward()
    step.commit(finite=torch.tensor(data=False))
    step.commit()

    assert same(kept(step), before)


@pytest.mark.parametrize("how", ["eval", "no_grad"])
def test_evaluation_writes_nothing(models, how):
    step = crd(models)
    before = kept(step)
    step.train(how != "eval")
    with torch.set_grad_enabled(how != "no_grad"):
        step(*batch(3, 5, 30))
    step.commit()

    assert same(kept(step), before)


def test_the_parts_of_a_batch_are_written_together(models):
    step, whole = crd(models), crd(models)
    step.eval()  # no batch norm between the rows
    whole.eval()
    for one in (step, whole):
        one.training = True
    for part in (batch(3, 5), batch(30, 7)):
        step(*part).total.backward()
    step.commit()
    (xa, ya, ia), (xb, yb, ib) = batch(3, 5), batch(30, 7)
    whole(torch.cat([xa, xb]), torch.cat([ya, yb]), torch.cat([ia, ib]))
    whole.commit()

    for name, value in kept(whole).items():
        torch.testing.assert_close(kept(step)[name], value, rtol=1e-4, atol=1e-6)


def test_a_thousand_forwards_without_a_commit_are_called_out(models):
    step = kdgraph.compile(
        "loss: mean(student.features @ Mᵀ)\nwhere: {M: 'queue(student.features, 2)'}\n",
        models=models, sample=batch(0)[0],
    )  # fmt: skip
    x = batch(0, 1)[0]
    for _ in range(1000):
        step(x)

    with pytest.raises(RuntimeError, match=r"1000 steps and no commit"):
        step(x)


def test_memory_is_part_of_the_state(models):
    step, other = crd(models), crd(models)
    for _ in range(2):
        step(*batch(3, 5, 30)).total.backward()
        step.commit()
    other.load_state_dict(step.state_dict())

    assert same(kept(step), kept(other))
    assert not same(kept(step), kept(crd(models)))


def test_a_memory_starts_as_the_seed_and_its_name_say(models):
    assert same(kept(crd(models)), kept(crd(models)))
    assert not same(kept(crd(models)), kept(crd(models, seed=1)))


def test_compiled_it_is_one_graph_for_all_epochs_and_equals_eager(models):
    plain = crd(models)
    found = [one.total.item() for one in steps(plain)]
    counter = torch._dynamo.testing.CompileCounterWithBackend("aot_eager")
    step = crd(models)
    step.compile(fullgraph=True, backend=counter)

    assert [one.total.item() for one in steps(step)] == pytest.approx(found, rel=1e-5)
    assert counter.frame_count == 1
    assert same(kept(step), kept(plain))


def steps(step):
    step.eval()
    step.training = True
    for epoch in (1, 2, 3):
        step.clock(epoch=epoch, epochs=3)
        for examples in ((3, 5, 30), (7, 8, 9)):
            yield step(*batch(*examples))
            step.commit()


def test_negatives_change_from_step_to_step_without_a_clock(models):
    step = crd(models)
    drawn = []
    for _ in range(2):
        known = dict(zip("xyi", batch(3, 5), strict=True))
        step.draws.fill(known, step.recollection.commits)
        drawn.append(known["J"])
        step(*batch(3, 5))
        step.commit()

    assert not torch.equal(*drawn)


def test_the_first_step_goes_without_what_is_not_there_yet(models):
    step = kdgraph.compile(LAST, models={"student": models["student"]}, sample=batch(0)[0])
    outs = []
    for examples in ((0, 1, 2, 3), (4, 5, 6), (7, 8, 9, 1)):
        x, y, _ = batch(*examples)
        outs.append(step({"a": x, "b": x.flip(-1)}, y))
        outs[-1].total.backward()
        step.commit()

    assert outs[0].terms["kd"] == 0
    assert outs[0].total == outs[0].terms["sup"]
    assert all(one.terms["kd"] > 0 for one in outs[1:])
    assert [len(one) for one in step.memory["old"]()] == [4, 4, 4]


def test_a_delay_gives_the_rows_and_labels_of_the_step_before(models):
    step = kdgraph.compile(LAST, models={"student": models["student"]}, sample=batch(0)[0])
    x, y, _ = batch(0, 1, 2)
    out = step({"a": x, "b": x.flip(-1)}, y)
    step.commit()
    images, labels, _ = step.memory["old"]()

    assert torch.equal(images, x.flip(-1))
    assert torch.equal(labels, y)
    assert not out.total.isnan()


@pytest.mark.parametrize(
    ("recipe", "more", "code"),
    [
        (CRD, {}, "KD507"),
        (CRD, {"labels": LABELS[:8]}, "KD504"),
        (CRD.replace(", other=y", ""), {}, "KD506"),
        ("loss: mean(student.logits @ bank(student.logits)ᵀ)\n", {}, "KD506"),
    ],
)
def test_what_the_data_must_tell_is_asked_for(models, recipe, more, code):
    with pytest.raises(RecipeError) as error:
        kdgraph.compile(recipe, models=models, sample=batch(0)[0], **more)

    assert [one.code for one in error.value.diagnostics] == [code]


def test_a_name_that_is_no_memory_can_t_be_given_a_start(models):
    with pytest.raises(ValueError, match=r"no name 'M_x' in `where`"):
        crd(models, given=["M_x"])
