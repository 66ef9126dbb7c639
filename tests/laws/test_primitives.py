"""What must hold for every primitive and every module, by being registered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from kdgraph.primitive import Signature
from kdgraph.registry import HERE, REGISTRY, listed
from tests.laws.shapes import result
from tests.laws.specimens import KINDS, SIZES, Specimen, specimens

WORDS = [word for word in REGISTRY if word.kind in KINDS]
EVERY = specimens()
ONE_EACH = list({(one.word.name, one.filled): one for one in EVERY}.values())
SECTIONS = ("$$", "Args:", "Shapes:", "Units:", "Errors:", "Source:")
ROWS = ("b", "n", "m")


def is_smooth(one: Specimen) -> bool:
    """Whether gradcheck applies; words with a gradient of their own are tested where they are."""
    floats = any(edge.is_floating_point() for edge in one.edges())
    return (
        floats and one.word.flag("gradient") != "custom" and one.word.sort not in {"Labels", "Mask"}
    )


def is_row_by_row(one: Specimen) -> bool:
    """Whether each row of the result must come from its own row alone."""
    here = bool(result(one)) and result(one)[0] == ("b", SIZES["b"])
    return here and not one.word.flag("couples")


def permuted(value: Tensor, axis: int, order: Tensor) -> Tensor:
    """The rows along `axis` in another order, block by block where it holds several batches."""
    blocks = value.shape[axis] // len(order)
    places = torch.cat([order + block * len(order) for block in range(blocks)])
    return value.index_select(axis, places)


def permuted_groups(value: Tensor, axis: int, order: Tensor) -> Tensor:
    """The rows along `axis` in another order, where each of a batch's rows has several of them."""
    groups = value.unflatten(axis, (len(order), -1))
    return groups.index_select(axis, order).flatten(axis, axis + 1)


def places(axes: tuple[tuple[str, int], ...], letter: str) -> list[int]:
    return [place for place, (name, _) in enumerate(axes) if name == letter]


@pytest.mark.parametrize("one", EVERY, ids=str)
def test_the_declared_shape_is_the_real_one(one: Specimen):
    made = one.function()(*one.edges())

    assert tuple(made.shape) == tuple(size for _, size in result(one))


@pytest.mark.parametrize("one", EVERY, ids=str)
def test_the_declared_sort_is_the_real_one(one: Specimen):
    made = one.function()(*one.edges())

    match one.word.sort:
        case "Distribution":
            assert made.min() >= 0
            torch.testing.assert_close(made.sum(dim=-1), torch.ones_like(made[..., 0]))
        case "LogDistribution":
            torch.testing.assert_close(made.exp().sum(dim=-1), torch.ones_like(made[..., 0]))
        case "Labels":
            assert not made.is_floating_point()
        case "Mask":
            assert made.dtype == torch.bool
        case "Map":
            assert made.ndim == 4
        case _:
            assert made.dtype == torch.float64


@pytest.mark.parametrize("one", list(filter(is_smooth, EVERY)), ids=str)
def test_the_gradient_is_the_derivative(one: Specimen):
    edges = [e.requires_grad_() if e.is_floating_point() else e for e in one.edges()]

    assert torch.autograd.gradcheck(one.function(), edges)


@pytest.mark.parametrize("one", EVERY, ids=str)
def test_the_order_of_the_batch_does_not_matter(one: Specimen):
    if one.word.flag("ordered"):
        return
    function, edges = one.function(), one.edges()
    axes = [one.axes(pattern) for pattern in one.patterns()]
    straight = function(*edges)
    for letter in ROWS:
        sizes = {size for each in axes for name, size in each if name == letter}
        if not sizes:
            continue
        order = torch.randperm(sizes.pop(), generator=torch.Generator().manual_seed(1))
        mixed = list(edges)
        for number, each in enumerate(axes):
            for place in places(each, letter):
                mixed[number] = permuted(mixed[number], place, order)
        expected = straight
        for place in places(result(one), letter):
            expected = permuted(expected, place, order)
        for place in places(result(one), f"{letter}·cells"):
            expected = permuted_groups(expected, place, order)
        torch.testing.assert_close(function(*mixed), expected)


@pytest.mark.parametrize("one", list(filter(is_row_by_row, EVERY)), ids=str)
def test_no_row_looks_at_another_unless_declared(one: Specimen):
    function, edges = one.function(), one.edges()
    before = function(*edges)
    for edge in edges:
        if edge.ndim:
            edge[0] = edge[1]

    after = function(*edges)

    rows = [place for place in range(len(before)) if place % SIZES["b"]]
    assert torch.equal(after[rows], before[rows])


@pytest.mark.parametrize("one", ONE_EACH, ids=str)
def test_it_compiles_as_one_graph(one: Specimen):
    torch.compiler.reset()
    function = one.function()
    whole = torch.compile(one.function(), fullgraph=True, backend="aot_eager", dynamic=False)
    plain = [e.requires_grad_() if e.is_floating_point() else e for e in one.edges()]
    again = [e.requires_grad_() if e.is_floating_point() else e for e in one.edges()]

    expected, made = function(*plain), whole(*again)

    torch.testing.assert_close(made, expected)
    if expected.requires_grad:
        expected.sum().backward()
        made.sum().backward()
        for one_, other in zip(plain, again, strict=True):
            torch.testing.assert_close(other.grad, one_.grad)


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name)
def test_the_docstring_says_what_it_is(word: Signature):
    missing = [section for section in SECTIONS if section not in word.doc]
    untold = [p.name for p in word.parameters if f"    {'*' * p.many}{p.name}: " not in word.doc]

    assert (missing, untold) == ([], [])
    assert word.summary.endswith(".")


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name)
def test_the_listed_signature_is_the_imported_one(word: Signature):
    module = word.origin.partition(":")[0]
    path = HERE.joinpath(*module.split(".")[1:]).with_suffix(".py")
    read = {made.name: made for made in listed(path, module, word.kind)}

    imported = REGISTRY.code(word.name).signature

    assert read[word.name] == imported


def test_listing_the_vocabulary_imports_no_torch():
    code = "import sys, kdgraph.registry as r; list(r.REGISTRY); print('torch' in sys.modules)"
    root = Path(HERE).parent

    said = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )

    assert said.stdout.strip() == "False"
