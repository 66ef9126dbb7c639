"""The tree in the terminal tells every box once, within its width."""

from __future__ import annotations

from rich.cells import cell_len

from kdgraph.viz.picture import Arrow, Box, Picture
from kdgraph.viz.terminal import tree

ICD = """\
Invariant causal knowledge distillation
icd.kd · arXiv:2407.11802 · teacher resnet56, student resnet20

total  sup + λ·kd + β·(contrast + α·kl_inv)
├─ 1 × sup  cross entropy
│  ├─ student.logits  64×100
│  │  ╰─ student  resnet20 · train
│  │     ╰─ x  batch 64×3×32×32
│  ╰╌ y  labels 64
├─ λ × kd  KL, T = 4
│  ├╌ teacher.logits  frozen 64×100
│  │  ╰╌ teacher  resnet56 · frozen
│  │     ╰─ x  batch 64×3×32×32
│  ╰─ student.logits  64×100 ↑
├─ β × contrast  InfoNCE
│  ╰─ S  min(exp(θ), 10)·(s @ tᵀ) + b · 64×64
│     ├─ normalize  64×128
│     │  ╰─ embed_s  linear 64→128
│     │     ╰─ student.features  64×64
│     │        ╰─ student  resnet20 · train ↑
│     ├─ normalize  64×128
│     │  ╰─ embed_t  linear 64→128
│     │     ╰╌ teacher.features  frozen 64×64
│     │        ╰╌ teacher  resnet56 · frozen ↑
│     ╰─ θ  learned, 1 at first
╰─ β·α × kl_inv  KL rows‖cols
   ╰─ S  min(exp(θ), 10)·(s @ tᵀ) + b · 64×64 ↑

The temperature of S is learned; nothing is detached.
"""


def test_the_tree_to_the_letter(icd: Picture) -> None:
    assert tree(icd) == ICD


def test_no_line_is_wider_than_the_terminal(icd: Picture, sskd: Picture) -> None:
    for picture in (icd, sskd):
        for width in (24, 40, 80):
            assert max(map(cell_len, tree(picture, width).split("\n"))) <= width


def test_every_box_is_there(sskd: Picture) -> None:
    text = tree(sskd)

    assert all(box.title in text for box in sskd.boxes)


def test_a_cycle_that_nothing_leaves_is_told_once() -> None:
    boxes = (Box("a", "model", "student"), Box("b", "memory", "table"))
    picture = Picture("t", "", boxes, (Arrow("a", "b", "row"), Arrow("b", "a", style="dashed")))

    assert tree(picture) == "t\n\nstudent\n╰╌ table\n   ╰─ row: student ↑\n"


def test_a_chain_of_thousands_is_no_trouble() -> None:
    boxes = tuple(Box(str(at), "op", f"op{at}") for at in range(3000))
    arrows = tuple(Arrow(str(at), str(at + 1)) for at in range(2999))

    assert tree(Picture("t", "", boxes, arrows)).count("\n") == 3002
