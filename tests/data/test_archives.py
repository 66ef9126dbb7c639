"""CIFAR and STL-10 in their authors' files: read right, and refused where a file is not whole."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch

from kdgraph.data.load import load
from kdgraph.data.spec import DataSpec
from kdgraph.lang.diagnostics import RecipeError


def test_cifar_pixels_and_labels_are_those_of_the_files_in_order(cifar_archive):
    name, folder = cifar_archive

    split = load(DataSpec(name, root=str(folder.parent)))

    first = sorted(folder.glob("*train*")) or sorted(folder.glob("data_batch_1"))
    batch = pickle.loads(first[0].read_bytes())
    expected = torch.from_numpy(batch["data"].reshape(-1, 3, 32, 32))
    assert torch.equal(split.train.pixels[: len(expected)], expected)
    assert split.test.labels.tolist() == list(range(10))
    assert split.train.names[3] == "class 3"
    assert split.train.labels.dtype == torch.int64


def test_cifar_root_may_be_the_unpacked_folder_itself(cifar_archive):
    name, folder = cifar_archive

    assert len(load(DataSpec(name, root=str(folder))).test) == 10


def test_an_absent_archive_names_the_folder_and_how_to_get_it(tmp_path):
    with pytest.raises(RecipeError) as caught:
        load(DataSpec("cifar10", root=str(tmp_path / "nowhere")))

    looked = tmp_path / "nowhere" / "cifar-10-batches-py"
    assert str(caught.value).startswith(f"error[KD601]: no images of `cifar10` in `{looked}`\n")
    assert "https://www.cs.toronto.edu/~kriz/cifar.html" in str(caught.value)
    assert "--set data.root=" in str(caught.value)


def test_a_truncated_file_is_named_before_it_is_unpickled(cifar_archive):
    name, folder = cifar_archive
    file = min(folder.glob("*test*") if name == "cifar10" else folder.glob("test"))
    file.write_bytes(file.read_bytes()[:-100])

    with pytest.raises(RecipeError) as caught:
        load(DataSpec(name, root=str(folder)))

    assert str(caught.value) == (
        f"error[KD602]: `{file}` is damaged: its checksum is not that of the original\n"
        " = help: fetch or copy the file again"
    )


def test_absent_and_damaged_files_are_all_named_at_once(cifar_archive):
    name, folder = cifar_archive
    meta = {"cifar10": "batches.meta", "cifar100": "meta"}[name]
    train = {"cifar10": "data_batch_1", "cifar100": "train"}[name]
    (folder / meta).unlink()
    (folder / train).write_bytes(b"nothing")

    with pytest.raises(RecipeError) as caught:
        load(DataSpec(name, root=str(folder)))

    assert [one.code for one in caught.value.diagnostics] == ["KD603", "KD602"]
    assert f"`{folder}` lacks `{meta}`" in str(caught.value)


def test_stl10_is_read_without_its_unlabelled_images(stl10_archive):
    split = load(DataSpec("stl10", root=str(stl10_archive.parent)))

    raw = np.fromfile(stl10_archive / "train_X.bin", dtype=np.uint8).reshape(-1, 3, 96, 96)
    columns_first = torch.from_numpy(raw.transpose(0, 1, 3, 2).copy())
    assert torch.equal(split.train.pixels, columns_first)
    assert split.test.labels.tolist() == list(range(10))
    assert split.test.names[9] == "class 9"


def test_stl10_can_be_read_at_another_size(stl10_archive):
    split = load(DataSpec("stl10", root=str(stl10_archive), size=32))

    assert split.train.pixels.shape == (20, 3, 32, 32)


def test_a_torchvision_that_does_not_load_is_a_diagnostic(tmp_path, monkeypatch):
    from kdgraph.data import archive

    def broken(_: str) -> object:
        msg = "operator torchvision::nms does not exist"
        raise RuntimeError(msg)

    monkeypatch.setattr(archive, "import_module", broken)

    with pytest.raises(RecipeError, match="torchvision::nms does not exist") as caught:
        load(DataSpec("cifar10", root=str(tmp_path)))
    assert "pip install torch torchvision" in str(caught.value)
