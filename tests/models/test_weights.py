"""Weights from files: what loads, and what is said of those that do not."""

from __future__ import annotations

import argparse
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.models.build import build
from kdgraph.models.weights import load_weights

State = dict[str, Tensor]


def network(classes: int = 10, *, name: str = "convnet8") -> nn.Module:
    return build(name, classes, channels=1)


def refusal(path: Path, onto: nn.Module | None = None) -> str:
    """What is said of a file, while nothing in the network moves."""
    onto = network() if onto is None else onto
    before = {name: value.clone() for name, value in onto.state_dict().items()}
    with pytest.raises(RecipeError) as refused:
        load_weights(onto, str(path))
    assert all(torch.equal(before[name], value) for name, value in onto.state_dict().items())
    return str(refused.value)


@pytest.mark.parametrize(
    ("file", "save"),
    [
        ("a.safetensors", save_file),
        ("a.pth", torch.save),
        ("a.pt", lambda state, path: torch.save({"model": state, "epoch": 3}, path)),
        ("a.ckpt", lambda state, path: torch.save({"state_dict": state, "best": 0.5}, path)),
        (
            "a.tar",
            lambda state, path: torch.save({f"module.{k}": v for k, v in state.items()}, path),
        ),
        (
            "old.pth",
            lambda state, path: torch.save(state, path, _use_new_zipfile_serialization=False),
        ),
        (
            "papers.pth",
            lambda state, path: torch.save({"opt": argparse.Namespace(lr=1), "model": state}, path),
        ),
    ],
)
def test_state_dicts_load_from_every_place_they_are_kept(
    file: str, save: Callable[[State, Path], None], tmp_path: Path
) -> None:
    source, target = network(), network()
    source(torch.randn(4, 1, 8, 8))  # moves the running statistics
    save(source.state_dict(), tmp_path / file)
    load_weights(target, str(tmp_path / file))

    assert all(map(torch.equal, source.state_dict().values(), target.state_dict().values()))


def test_files_older_than_the_batch_counter_load(tmp_path: Path) -> None:
    source, target = network(), network()
    state = {k: v for k, v in source.state_dict().items() if "num_batches" not in k}
    save_file(state, tmp_path / "a.safetensors")
    load_weights(target, str(tmp_path / "a.safetensors"))

    assert torch.equal(target.conv1.weight, source.conv1.weight)


def test_a_missing_file_is_named_with_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "teacher.pth").touch()
    text = refusal(tmp_path / "techer.pth")

    assert text.startswith("error[KD650]: no weights at")
    assert "did you mean `teacher.pth`?" in text


def test_a_folder_is_no_file_of_weights(tmp_path: Path) -> None:
    assert "KD650" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("a.safetensors", b"these are no tensors"),
        ("a.pth", b"these are no tensors"),
        ("empty.pth", b""),
        ("torn.pth", b"PK\x03\x04torn"),
        ("torn.pt", b"\x80\x02torn"),
    ],
)
def test_files_of_other_kinds_are_refused(file: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / file).write_bytes(content)
    text = refusal(tmp_path / file)

    assert text.startswith("error[KD651]:")
    assert "cannot be read as" in text
    assert "weights_only" not in text


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.pth", "w") as archive:
        archive.writestr("notes/readme.txt", "hello")

    assert "KD651" in refusal(tmp_path / "a.pth")


class Spy:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.mark),)


def test_code_in_a_checkpoint_is_refused_and_never_runs(tmp_path: Path) -> None:
    torch.save(
        {"model": network().state_dict(), "extra": Spy(tmp_path / "ran")}, tmp_path / "a.pth"
    )
    text = refusal(tmp_path / "a.pth")

    assert text.startswith("error[KD652]:")
    assert "mkdir" in text
    assert not (tmp_path / "ran").exists()


def test_a_pickled_network_is_named_by_its_class(tmp_path: Path) -> None:
    torch.save(network(), tmp_path / "a.pth")

    assert "kdgraph.models.convnet.ConvNet" in refusal(tmp_path / "a.pth")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"epoch": 3, "acc": 0.5}, "`epoch`, `acc`"),
        (torch.zeros(3), "one `Tensor`"),
        ({}, "holds nothing"),
        ({"model": {"epoch": 3}}, "`model`"),
    ],
)
def test_a_checkpoint_without_a_state_dict_says_what_it_holds(
    content: object, words: str, tmp_path: Path
) -> None:
    torch.save(content, tmp_path / "a.pth")
    text = refusal(tmp_path / "a.pth")

    assert text.startswith("error[KD653]:")
    assert words in text


def test_weights_of_another_network_are_named_both_ways(tmp_path: Path) -> None:
    torch.save(network(name="resnet8").state_dict(), tmp_path / "a.pth")
    text = refusal(tmp_path / "a.pth")

    assert text.startswith("error[KD654]:")
    assert "missing from the file: `conv2.weight` 4×2×3×3, `bn2.weight` 4" in text
    assert "not known to the network: `layer1.0.conv1.weight` 16×16×3×3" in text
    assert " more" in text
    assert "error[KD655]" in text  # the names they share differ in size


def test_weights_of_another_width_are_named_with_both_sizes(tmp_path: Path) -> None:
    torch.save(network(name="convnet16").state_dict(), tmp_path / "a.pth")
    text = refusal(tmp_path / "a.pth")

    assert text.startswith("error[KD655]:")
    assert "`conv1.weight` is 4×1×3×3, not 2×1×3×3" in text


def test_weights_for_other_classes_are_told_by_the_classifier(tmp_path: Path) -> None:
    torch.save(network(100).state_dict(), tmp_path / "a.pth")
    text = refusal(tmp_path / "a.pth")

    assert text.startswith("error[KD656]:")
    assert "are for 100 classes, the data has 10" in text
    assert "`fc.weight` has 100 rows" in text
