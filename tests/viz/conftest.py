"""Two pictures drawn by hand: a small one that fits a page, and a large one."""

from __future__ import annotations

import pytest

from kdgraph.viz.picture import Arrow, Box, Picture

ICD = """\
title: Invariant causal knowledge distillation
cite: arXiv:2407.11802
loss: sup + λ·kd + β·(contrast + α·kl_inv)
where:
  sup:      cross_entropy(student.logits, y)
  kd:       kd(teacher.logits ‖ student.logits, T=4)
  contrast: cross_entropy(S, origin(x))          # student i finds teacher i in the batch
  kl_inv:   kl(softmax(Sᵀ) ‖ softmax(S))
  S:        min(exp(θ), 10)·(s @ tᵀ) + b
  s:        normalize(linear(student.features, 128))
  t:        normalize(linear(teacher.features, 128))
  θ: learn(1.0)
  b: learn(0.0)
  λ: 1
  β: 1
  α: 0.5
setting: digits
"""


def arrows(text: str) -> tuple[Arrow, ...]:
    """Arrows from lines `a > b`, `a ~ b` (no gradient) and `a = weight > b`."""
    made = []
    for row in text.split("\n"):
        words = row.split()
        if not words:
            continue
        source, mark, *rest = words
        if mark == "=":
            made.append(Arrow(source, rest[2], rest[0], "weight"))
        else:
            made += [Arrow(source, one, style="dashed" if mark == "~" else "solid") for one in rest]
    return tuple(made)


@pytest.fixture
def icd() -> Picture:
    """The recipe of the design, with its models on digits."""
    facts = (
        ("definition", "kd(teacher.logits ‖ student.logits, T=4)"),
        ("shape", "scalar"),
        ("sort", "Scalar"),
        ("knobs", "T = 4"),
        ("trains", "student"),
        ("doc", "Softened Kullback-Leibler divergence, teacher to student."),
    )
    return Picture(
        "Invariant causal knowledge distillation",
        "icd.kd · arXiv:2407.11802 · teacher resnet56, student resnet20",
        (
            Box("x", "input", "x", "batch 64×3×32×32"),
            Box("teacher", "frozen_model", "teacher", "resnet56 · frozen"),
            Box("student", "model", "student", "resnet20 · train"),
            Box("t.features", "frozen_tap", "teacher.features", "64×64", where="icd.kd:11"),
            Box("t.logits", "frozen_tap", "teacher.logits", "64×100", where="icd.kd:6"),
            Box("s.features", "tap", "student.features", "64×64", where="icd.kd:10"),
            Box("s.logits", "tap", "student.logits", "64×100", where="icd.kd:5"),
            Box("y", "input", "y", "labels 64"),
            Box("embed_t", "module", "embed_t", "linear 64→128", where="icd.kd:11"),
            Box("embed_s", "module", "embed_s", "linear 64→128", where="icd.kd:10"),
            Box("t", "op", "normalize", "64×128", where="icd.kd:11"),
            Box("s", "op", "normalize", "64×128", where="icd.kd:10"),
            Box("θ", "param", "θ", "learned, 1 at first", where="icd.kd:12"),
            Box("S", "op", "S", "min(exp(θ), 10)·(s @ tᵀ) + b · 64×64", where="icd.kd:9"),
            Box("sup", "term", "sup", "cross entropy", where="icd.kd:5"),
            Box("kd", "term", "kd", "KL, T = 4", facts, where="icd.kd:6"),
            Box("contrast", "term", "contrast", "InfoNCE", where="icd.kd:7"),
            Box("kl_inv", "term", "kl_inv", "KL rows‖cols", where="icd.kd:8"),
            Box(
                "total", "total", "total", "sup + λ·kd + β·(contrast + α·kl_inv)", where="icd.kd:3"
            ),
        ),
        arrows("""
            x > teacher student
            teacher ~ t.features t.logits
            student > s.features s.logits
            t.features ~ embed_t
            s.features > embed_s
            embed_t > t
            embed_s > s
            s > S
            t > S
            θ > S
            S > contrast kl_inv
            t.logits ~ kd
            s.logits > kd sup
            y ~ sup
            sup = 1 > total
            kd = λ > total
            contrast = β > total
            kl_inv = β·α > total
        """),
        recipe=ICD,
        notes=("The temperature of S is learned; nothing is detached.",),
        recipe_path="icd.kd",
    )


@pytest.fixture
def sskd() -> Picture:
    """Views, heads, row masks, and the banks of a contrastive term on top."""
    return Picture(
        "Self-supervision with a contrastive memory",
        "sskd.kd + crd.kd · digits",
        (
            Box("image", "input", "image", "64×1×8×8 uint8"),
            Box("flipped", "view", "flipped", "flip(image)"),
            Box("x", "view", "x", "crop(flipped, pad=4)"),
            Box("rot", "view", "rot", "crop(rotate(flipped, 90, 180, 270), pad=4) · 192 rows"),
            Box("i", "input", "i", "index 64"),
            Box("y", "input", "y", "labels 64"),
            Box("teacher", "frozen_model", "teacher", "resnet56 · frozen"),
            Box("student", "model", "student", "resnet20 · train"),
            Box("tl", "frozen_tap", "teacher.logits", "64×10"),
            Box("tf", "frozen_tap", "teacher.features", "64×64"),
            Box("trl", "frozen_tap", "teacher(rot).logits", "192×10"),
            Box("trf", "frozen_tap", "teacher(rot).features", "192×64"),
            Box("sl", "tap", "student.logits", "64×10"),
            Box("sf", "tap", "student.features", "64×64"),
            Box("srl", "tap", "student(rot).logits", "192×10"),
            Box("srf", "tap", "student(rot).features", "192×64"),
            Box("head_t", "module", "head_t", "mlp 64→64→64"),
            Box("head_s", "module", "head_s", "mlp 64→64→64"),
            Box("A_t", "op", "A_t", "cosine · 192×64"),
            Box("A_s", "op", "A_s", "cosine · 192×64"),
            Box("origin", "op", "origin(rot)", "192"),
            Box("keep1", "op", "keep", "all that are right"),
            Box("keep2", "op", "keep", "best 75 %"),
            Box("lin_s", "module", "linear", "64→128"),
            Box("lin_t", "module", "linear", "64→128"),
            Box("s", "op", "normalize", "64×128"),
            Box("t", "op", "normalize", "64×128"),
            Box("J", "op", "J", "negatives(i, K, other=y) · 64×1025"),
            Box("M_s", "memory", "M_s", "bank 1257×128, momentum 0.5"),
            Box("M_t", "memory", "M_t", "bank 1257×128, momentum 0.5"),
            Box("ramp", "schedule", "ramp", "over 10 epochs"),
            Box("sup", "term", "sup", "cross entropy"),
            Box("kd", "term", "kd", "T = 4"),
            Box("tft", "term", "tf", "kd, T = 4, kept rows"),
            Box("ss", "term", "ss", "kd, T = 0.5, kept rows"),
            Box("crd_s", "term", "nce student", "T = 0.07"),
            Box("crd_t", "term", "nce teacher", "T = 0.07"),
            Box("total", "total", "total", "0.1·sup + 0.9·kd + 2.7·tf + 10·ss + ramp·crd"),
        ),
        arrows("""
            image > flipped
            flipped > x rot
            x > teacher student
            rot > teacher student
            teacher ~ tl tf trl trf
            student > sl sf srl srf
            trf ~ head_t
            tf ~ head_t lin_t
            srf > head_s
            sf > head_s lin_s
            head_t > A_t
            head_s > A_s
            rot ~ origin
            trl ~ keep1 tft
            y ~ keep1 sup J
            origin ~ keep1 keep2
            A_t > keep2 ss
            A_s > ss
            keep1 ~ tft
            keep2 ~ ss
            lin_s > s
            lin_t > t
            i ~ J
            s ~ M_s
            t ~ M_t
            s > crd_s
            t > crd_t
            M_t ~ crd_s
            M_s ~ crd_t
            J ~ crd_s crd_t
            tl ~ kd
            sl > kd sup
            srl > tft
            sup = 0.1 > total
            kd = 0.9 > total
            tft = 2.7 > total
            ss = 10 > total
            crd_s = ramp > total
            crd_t = ramp > total
            ramp ~ total
        """),
        notes=("The banks are read in the step and written by its commit.",),
    )
