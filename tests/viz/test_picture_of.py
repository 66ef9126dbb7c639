"""A recipe's loss graph becomes the picture that a person would draw of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kdgraph import files
from kdgraph.compiler import analyse, load
from kdgraph.experiment import examine
from kdgraph.graph.network import Network
from kdgraph.graph.world import World
from kdgraph.primitive import Parameter, Signature
from kdgraph.registry import REGISTRY
from kdgraph.viz.picture import Arrow, Box, Picture
from kdgraph.viz.picture_of import picture_of

SHIPPED = [path.stem for path in files.recipes()]
LOSS = "loss: sup + kd\nwhere:\n  sup: cross_entropy(student.logits, y)\n"


def network(name: str, width: int) -> Network:
    return Network(
        name,
        f"convnet{width}",
        aliases={"logits": "", "features": "fc.input", "maps": ("layer1", "layer2")},
        sizes={
            "": (10,),
            "fc.input": (width,),
            "layer1": (width // 2, 8, 8),
            "layer2": (width, 4, 4),
        },
        classes=10,
    )


def drawn(text: str, stage: str | None = None) -> Picture:
    networks = {"teacher": network("teacher", 128), "student": network("student", 16)}
    world = World(networks, classes=10, examples=1257, image=(1, 8, 8))
    analysis = analyse(load(text), world)
    assert not analysis.errors, analysis.errors
    return picture_of(analysis, stage)


def box(picture: Picture, title: str) -> Box:
    found = [one for one in picture.boxes if one.title == title]
    assert len(found) == 1, [one.title for one in picture.boxes]
    return found[0]


def arrow(picture: Picture, source: str, target: str) -> Arrow:
    ids = {one.id: one.title for one in picture.boxes}
    found = [a for a in picture.arrows if (ids[a.source], ids[a.target]) == (source, target)]
    assert len(found) == 1, f"{source} → {target}"
    return found[0]


def named(picture: Picture) -> set[str]:
    return {one.title for one in picture.boxes}


@pytest.fixture(scope="module")
def icd() -> Picture:
    experiment = examine("icd", "cifar100")
    return picture_of(experiment.analysis, subtitle=experiment.setting.name)


def test_the_boxes_of_icd_carry_the_names_and_the_words_of_the_recipe(icd):
    assert {(one.kind, one.title, one.detail) for one in icd.boxes} == {
        ("view", "x", "flip(crop(image, pad=4)) · b×3×32×32"),
        ("input", "y", "labels b"),
        ("model", "student", "resnet8x4 · trained"),
        ("frozen_model", "teacher", "resnet32x4 · frozen"),
        ("tap", "student.logits", "b×100"),
        ("tap", "student.features", "b×256"),
        ("frozen_tap", "teacher.logits", "b×100"),
        ("frozen_tap", "teacher.features", "b×256"),
        ("module", "s.linear", "linear 256→128"),
        ("module", "t.linear", "linear 256→128"),
        ("op", "s", "normalize · b×128"),
        ("op", "t", "normalize · b×128"),
        ("param", "θ", "learned, starts at 1"),
        ("param", "b", "learned, starts at 0"),
        ("op", "S", "min(exp(θ), 10)·(s @ tᵀ) + b · b×b"),
        ("term", "sup", "cross_entropy(student.logits, y)"),
        ("term", "kd", "kd(teacher.logits ‖ student.logits, T=4)"),
        ("term", "contrast", "cross_entropy(S, origin(x))"),
        ("term", "kl_inv", "kl(softmax(Sᵀ) ‖ softmax(S))"),
        ("total", "total", "sup + λ·kd + β·(contrast + α·kl_inv)"),
    }


def test_weights_stand_on_the_arrows_into_the_total(icd):
    ids = {one.id: one.title for one in icd.boxes}
    weights = {ids[a.source]: a.label for a in icd.arrows if a.style == "weight"}

    assert weights == {"sup": "1", "kd": "λ", "contrast": "β", "kl_inv": "β·α"}
    assert dict(box(icd, "kl_inv").facts)["weight"] == "β·α = 0.5"


def test_arithmetic_without_names_is_one_box(icd):
    ids = {one.id: one.title for one in icd.boxes}
    sources = {ids[a.source] for a in icd.arrows if ids[a.target] == "S"}

    assert sources == {"θ", "b", "s", "t"}


def test_what_a_page_says_about_a_term(icd):
    kd = dict(box(icd, "kd").facts)

    assert kd["definition"] == "kd(teacher.logits ‖ student.logits, T=4)"
    assert kd["stands for"].startswith("kd(t, s, T=4, rows=none)")
    assert kd["sort"] == "Scalar: one number"
    assert kd["trains"] == "student"
    assert "arXiv:1503.02531" in kd["about"]
    assert box(icd, "kd").where == "icd.kd:6"


def test_what_a_page_says_about_a_word(icd):
    kl_inv = dict(box(icd, "kl_inv").facts)

    assert kl_inv["formula"] == "KL(p ‖ q) = Σₖ pₖ log(pₖ/qₖ)"
    assert kl_inv["knobs"] == "reduce = rows"
    assert kl_inv["trains"] == "student, θ, s.linear, t.linear, b"


def test_the_notes_tell_numbers_and_what_is_trained(icd):
    assert icd.notes == (
        "Numbers: λ = 1, β = 1, α = 0.5.",
        "Trained: student, θ, s.linear, t.linear, b.",
    )
    assert icd.subtitle == (
        "icd.kd · arXiv:2407.11802 · cifar100 · teacher resnet32x4, student resnet8x4"
    )


@pytest.mark.parametrize("recipe", SHIPPED)
def test_solid_lines_lead_from_the_total_to_all_that_is_trained_and_to_nothing_else(recipe):
    """Law of pictures: to follow what carries gradient is to find what the loss trains."""
    picture = picture_of(examine(recipe).analysis)
    into = {one.id: [] for one in picture.boxes}
    for one in picture.arrows:
        if one.style != "dashed":
            into[one.target].append(one.source)
    reached, ahead = set(), ["total"]
    while ahead:
        at = ahead.pop()
        if at not in reached:
            reached.add(at)
            ahead += into[at]
    kinds = {one.id: one.kind for one in picture.boxes}
    trained = {one.id for one in picture.boxes if one.kind in {"model", "module", "param"}}

    assert trained <= reached
    assert not {kinds[one] for one in reached} & {
        "frozen_model", "frozen_tap", "frozen_module", "input", "view"
    }  # fmt: skip


@pytest.mark.parametrize("recipe", SHIPPED)
def test_a_picture_has_no_circle_and_one_total(recipe):
    picture = picture_of(examine(recipe).analysis)
    left = {
        one.id: {a.source for a in picture.arrows if a.target == one.id} for one in picture.boxes
    }
    while True:
        free = {one for one, sources in left.items() if not sources}
        if not free:
            break
        left = {one: sources - free for one, sources in left.items() if one not in free}

    assert not left
    assert [one.kind for one in picture.boxes].count("total") == 1


def test_a_term_of_weight_zero_is_not_drawn():
    picture = picture_of(examine("icd-alone").analysis)

    assert not {"kd", "teacher.logits"} & named(picture)
    assert "Left out, since the weight or the value is 0: `kd`." in picture.notes


def test_no_gradient_goes_through_detach():
    picture = drawn(LOSS + "  kd: mse(detach(student.features), student.features)\n")

    assert arrow(picture, "student.features", "kd").style == "solid"

    picture = drawn(LOSS + "  kd: mean(g·detach(student.features))\n  g: learn(2.0)\n")

    assert arrow(picture, "student.features", "kd").style == "dashed"
    assert arrow(picture, "g", "kd").style == "solid"


def test_labels_and_images_carry_no_gradient():
    picture = drawn(LOSS + "  kd: kd(teacher.logits ‖ student.logits)\n")

    assert arrow(picture, "y", "sup").style == "dashed"
    assert arrow(picture, "x", "student").style == "dashed"
    assert arrow(picture, "teacher.logits", "kd").style == "dashed"


def test_views_are_boxes_and_a_model_is_one_box_for_all_of_them():
    picture = drawn(
        "views:\n  flipped: flip(image)\n  x: crop(flipped, pad=1)\n"
        "  rot: crop(rotate(flipped, 90, 180, 270), pad=1)\n" + LOSS
        + "  kd: kd(teacher(rot).logits ‖ student(rot).logits)\n"
    )  # fmt: skip

    assert box(picture, "rot").detail == "crop(rotate(flipped, 90, 180, 270), pad=1) · 3b×1×8×8"
    assert box(picture, "rot").where == "<recipe>:4"
    assert box(picture, "student(rot).logits").detail == "3b×10"
    assert arrow(picture, "image", "flipped").style == "dashed"
    assert arrow(picture, "rot", "student")
    assert arrow(picture, "x", "student")
    assert arrow(picture, "student", "student(rot).logits").style == "solid"


def test_a_view_that_no_loss_looks_at_is_not_drawn():
    picture = drawn(
        "views:\n  x: crop(image)\n  z: flip(image)\n" + LOSS + "  kd: mean(student.features)"
    )

    assert not {"z", "image"} & named(picture)


def test_separate_forwards_are_separate_boxes():
    picture = drawn(
        "forward: separate\nviews: {a: flip(image), x: crop(image)}\n" + LOSS
        + "  kd: mse(student(a).logits, student.logits)\n"
    )  # fmt: skip
    details = {one.detail for one in picture.boxes if one.title == "student"}

    assert details == {"convnet16 · trained · on a", "convnet16 · trained · on x"}


def test_a_schedule_with_a_name_is_a_box_and_one_without_is_words():
    picture = drawn(
        "loss: sup + w·kd + ramp(0, 2, over=9)·at\nwhere:\n  w: ramp(0, 1)\n"
        "  sup: cross_entropy(student.logits, y)\n  kd: mean(student.logits)\n"
        "  at: mean(student.features)\n"
    )

    assert box(picture, "w").kind == "schedule"
    assert arrow(picture, "w", "total").style == "dashed"
    assert arrow(picture, "kd", "total").label == "w"
    assert arrow(picture, "at", "total").label == "ramp(0, 2, over=9)"


def test_a_learned_weight_is_an_arrow_into_the_total():
    picture = drawn(
        "loss: exp(-σ)·sup + σ\nwhere:\n  σ: learn(0.5)\n  sup: cross_entropy(student.logits, y)\n"
    )
    sigmas = [one for one in picture.boxes if one.title == "σ"]

    assert {one.kind for one in sigmas} == {"param", "term"}
    param = next(one.id for one in sigmas if one.kind == "param")
    assert Arrow(param, "total") in picture.arrows


def test_a_value_without_a_name_that_two_boxes_use_has_a_box():
    picture = drawn(
        "loss: a + b\nwhere:\n  a: hint(teacher.maps[0], student.maps[1])\n"
        "  b: mean(student.logits)\n"
    )

    assert box(picture, "shrink").detail == "b×16×4×4"
    assert box(picture, "a.conv").detail == "conv 16→64"
    assert arrow(picture, "shrink", "a.conv").style == "solid"


def test_words_keep_the_brackets_around_their_ends():
    picture = drawn(LOSS + "  kd: 2·(mean(student.logits) + mean(student.features))\n")

    assert box(picture, "kd").detail == "2·(mean(student.logits) + mean(student.features))"


def test_a_stage_has_its_own_picture():
    text = (
        "modules: {head: linear(10)}\nwhere:\n  z: head(student.features)\n"
        "stages:\n  - {name: first, trains: [head], loss: 'cross_entropy(z, y)'}\n"
        "  - {name: second, trains: [student], loss: 'kd(z ‖ student.logits)'}\n"
    )
    first = drawn(text, "first")
    second = drawn(text)

    assert box(first, "student").kind == "frozen_model"
    assert box(first, "head").detail == "linear 16→10"
    assert box(second, "head").detail == "linear 16→10 · frozen"
    assert second.subtitle.endswith("stage second")


def test_metrics_are_not_part_of_the_loss():
    picture = drawn(LOSS + "  kd: mean(student.logits)\nmetrics: {m: mean(student.features)}\n")

    assert "student.features" not in named(picture)


def test_drawing_imports_no_torch():
    code = (
        "import sys; from kdgraph.experiment import examine\n"
        "from kdgraph.viz.picture_of import picture_of; from kdgraph.viz.svg import svg\n"
        "assert svg(picture_of(examine('icd').analysis)).startswith('<svg')\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_memory_is_a_box_that_no_gradient_enters_or_leaves(monkeypatch):
    shelf = Signature(
        "shelf", (Parameter("v", sort="Tensor", axes="b d"),), "Tensor", "b d", "Rows kept.",
        "tests:shelf", "memory",
    )  # fmt: skip
    monkeypatch.setitem(REGISTRY._added, "shelf", shelf)
    picture = drawn(
        LOSS + "  kd: mean((s - M)²)\n  s: normalize(student.features)\n  M: shelf(s)\n"
    )

    assert box(picture, "M").kind == "memory"
    assert arrow(picture, "s", "M").style == "dashed"
    assert arrow(picture, "M", "kd").style == "dashed"
    assert arrow(picture, "s", "kd").style == "solid"
    assert picture.notes[-1].startswith("Memory is read as it was before the step")


def test_memory_that_a_function_reads_does_not_stand_for_its_call():
    picture = drawn(
        "loss: a\nwhere:\n  a: 2·far(student.features)\n"
        "  Q: queue(student.features, 32)\n"
        "define:\n  far(v): mean(v @ Qᵀ)\n"
    )

    assert "Q" in named(picture)
    assert "far(student.features)" in box(picture, "a").detail
