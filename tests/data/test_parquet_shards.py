"""Parquet shards of the hub's layout: read right, and refused before training where wrong."""

from __future__ import annotations

import sys

import pytest
import torch

import kdgraph.data.parquet as reading
from kdgraph.data.load import load
from kdgraph.data.spec import DataSpec
from kdgraph.lang.diagnostics import RecipeError
from tests.data.tiny import NAMES, picture, png

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def shards(tmp_path, write_shard):
    """Two training shards of three rows and a test shard of two."""
    folder = tmp_path / "set"
    write_shard(folder / "train-00000-of-00002.parquet", [0, 1, 2])
    write_shard(folder / "train-00001-of-00002.parquet", [2, 1, 0])
    write_shard(folder / "test-00000-of-00001.parquet", [1, 2])
    return folder


def own(folder, **more) -> DataSpec:
    return DataSpec("parquet", root=str(folder), **more)


def refused(folder, **more) -> str:
    with pytest.raises(RecipeError) as caught:
        load(own(folder, **more))
    return str(caught.value)


def test_rows_come_shard_after_shard_with_the_schemas_class_names(shards):
    split = load(own(shards))

    assert split.train.labels.tolist() == [0, 1, 2, 2, 1, 0]
    assert split.train.names == NAMES
    assert torch.equal(split.train.pixels[4], torch.from_numpy(picture(1)).permute(2, 0, 1))
    assert len(split.test) == 2


@pytest.mark.parametrize("inside", ["data", "plain_text"])
def test_shards_may_lie_in_the_hubs_own_folder(shards, inside):
    (shards / inside).mkdir()
    for path in shards.glob("*.parquet"):
        path.rename(shards / inside / path.name)

    assert len(load(own(shards)).train) == 6


@pytest.mark.parametrize(
    ("image", "label"), [("image", "label"), ("img", "fine_label"), ("image", "labels")]
)
def test_the_hubs_column_names_are_all_known(tmp_path, write_shard, image, label):
    for part in ("train", "test"):
        write_shard(
            tmp_path / f"{part}-00000-of-00001.parquet",
            [0, 2],
            image=image,
            label=label,
        )

    assert load(own(tmp_path)).test.labels.tolist() == [0, 2]


def test_names_are_numbers_where_the_schema_has_none(tmp_path, write_shard):
    for part in ("train", "test"):
        write_shard(tmp_path / f"{part}-00000-of-00001.parquet", [0, 3], names=None)

    assert load(own(tmp_path)).train.names == ("0", "1", "2", "3")


def test_validation_is_used_where_the_test_has_no_labels(shards, write_shard):
    write_shard(shards / "test-00000-of-00001.parquet", [-1, -1])
    write_shard(shards / "validation-00000-of-00001.parquet", [2, 0])

    assert load(own(shards)).test.labels.tolist() == [2, 0]


def test_cifar10_is_read_from_shards_if_its_folder_holds_some(tmp_path, write_shard):
    names = [f"class {one}" for one in range(10)]
    for part in ("train", "test"):
        write_shard(tmp_path / f"{part}-00000-of-00001.parquet", list(range(10)), names=names)

    split = load(DataSpec("cifar10", root=str(tmp_path)))

    assert split.train.labels.tolist() == list(range(10))
    assert split.mean == (0.4914, 0.4822, 0.4465)


def test_shards_of_another_data_set_are_refused(shards):
    with pytest.raises(RecipeError, match="has 3 classes, `cifar10` should have 10"):
        load(DataSpec("cifar10", root=str(shards)))


def test_a_missing_shard_is_named(shards):
    (shards / "train-00000-of-00002.parquet").unlink()

    assert refused(shards) == (
        f"error[KD603]: `{shards}` lacks `train-00000-of-00002.parquet`\n"
        " = help: add the absent files, or start again from a complete copy"
    )


def test_many_missing_shards_are_counted(tmp_path, write_shard):
    write_shard(tmp_path / "train-00003-of-00010.parquet", [0])

    assert "`train-00004-of-00010.parquet` and 5 more" in refused(tmp_path)


def test_no_test_shards_at_all_is_refused(shards):
    (shards / "test-00000-of-00001.parquet").unlink()

    assert f"no test images of `parquet` in `{shards}`" in refused(shards)


@pytest.mark.parametrize("kept", [0, 4, 100, 0.5, 0.99])
def test_a_truncated_shard_is_named(shards, kept):
    path = shards / "train-00001-of-00002.parquet"
    data = path.read_bytes()
    path.write_bytes(data[: kept if isinstance(kept, int) else int(kept * len(data))])

    assert f"error[KD602]: `{path}` is damaged: " in refused(shards)


def test_a_shard_whose_pages_are_overwritten_is_named(shards):
    path = shards / "train-00001-of-00002.parquet"
    data = bytearray(path.read_bytes())
    data[4:200] = bytes(196)
    path.write_bytes(data)

    assert f"error[KD602]: `{path}` is damaged: " in refused(shards)


def test_a_shard_without_images_is_refused_with_what_it_has(shards):
    path = shards / "test-00000-of-00001.parquet"
    pq.write_table(pa.table({"text": ["a"], "label": [0]}), path)

    message = refused(shards)

    assert f"error[KD604]: `{path}` has no column `img` or `image` of structs" in message
    assert "found `text: string`, `label: int64`" in message


def test_images_of_another_type_are_refused(shards):
    path = shards / "test-00000-of-00001.parquet"
    pq.write_table(pa.table({"img": [[1, 2, 3]], "label": [0]}), path)

    assert "has no column `img` or `image` of structs with binary `bytes`" in refused(shards)


def test_labels_that_are_no_whole_numbers_are_refused(shards):
    path = shards / "test-00000-of-00001.parquet"
    image = pa.array([{"bytes": png(0), "path": None}])
    pq.write_table(pa.table({"img": image, "label": ["cat"]}), path)

    message = refused(shards)

    assert f"`{path}` has no column `label`, `labels` or `fine_label` of whole numbers" in message
    assert "`label: string`" in message


@pytest.mark.parametrize(("label", "found"), [(3, "3"), (-1, "-1"), (None, "-1")])
def test_a_label_that_is_no_class_is_named_with_its_row(shards, write_shard, label, found):
    path = write_shard(shards / "train-00001-of-00002.parquet", [0, label, 1])

    assert refused(shards) == (
        f"error[KD605]: the label of row 1 of `{path}` is {found}, which is no class\n"
        " = help: labels go from 0 to 2; correct the label, or the list of class names"
    )


@pytest.mark.parametrize(
    ("blob", "reason"),
    [(b"hello", "not an image"), (b"", "not an image"), (None, "no bytes")],
)
def test_an_image_that_does_not_decode_is_named_with_its_row(shards, write_shard, blob, reason):
    blobs = [png(0), png(1), blob]
    path = write_shard(shards / "train-00001-of-00002.parquet", [0, 1, 2], blobs=blobs)

    assert f"error[KD606]: row 2 of `{path}` does not decode: {reason}" in refused(shards)


def test_parts_with_other_class_names_are_refused(shards, write_shard):
    path = shards / "test-00000-of-00001.parquet"
    write_shard(path, [0, 1], names=("bee", "ant", "cow"))

    message = refused(shards)

    assert "error[KD608]" in message
    assert f"`{path.name}` has other class names than `train-00000-of-00002.parquet`" in message


def test_shards_that_memory_cannot_hold_are_refused(shards, monkeypatch):
    monkeypatch.setattr(reading, "SPARE", 1e-9)

    message = refused(shards)

    assert f"error[KD613]: the shards in `{shards}` hold" in message
    assert "folder of classes" in message


def test_a_training_part_without_rows_is_refused(shards, write_shard):
    for number in range(2):
        write_shard(shards / f"train-0000{number}-of-00002.parquet", [])

    assert "error[KD609]" in refused(shards)


def test_without_pyarrow_the_message_says_what_to_install(shards, monkeypatch):
    monkeypatch.delitem(sys.modules, "kdgraph.data.shard", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    message = refused(shards)

    assert "`parquet` data need the package `pyarrow`" in message
    assert "pip install pyarrow" in message


@pytest.mark.parametrize("label", [2**40, 2**62])
def test_a_label_too_large_for_a_class_is_named_and_takes_no_memory(tmp_path, write_shard, label):
    paths = [
        write_shard(tmp_path / f"{part}-00000-of-00001.parquet", labels, names=None)
        for part, labels in (("train", [0, 1, label]), ("test", [0, 1]))
    ]

    assert refused(tmp_path).startswith(
        f"error[KD605]: the label of row 2 of `{paths[0]}` is {label}, which is no class\n"
        " = help: labels go from 0 to 1048575"
    )


def test_labels_are_held_against_the_classes_that_the_setting_counts(tmp_path, write_shard):
    for part in ("test", "train"):
        path = write_shard(tmp_path / f"{part}-00000-of-00001.parquet", [0, 1, 7], names=None)

    message = refused(tmp_path, classes=3)
    assert f"the label of row 2 of `{path}` is 7, which is no class" in message
    assert "labels go from 0 to 2" in message


def test_labels_beyond_every_signed_number_are_refused_too(tmp_path):
    image = pa.array([{"bytes": png(one), "path": None} for one in range(3)])
    labels = pa.array([0, None, 2**64 - 1], pa.uint64())
    for part in ("train", "test"):
        pq.write_table(
            pa.table({"img": image, "label": labels}), tmp_path / f"{part}-00000-of-00001.parquet"
        )

    assert "the label of row 1 of" in refused(tmp_path)


@pytest.mark.parametrize("kind", [pa.float32(), pa.bool_(), pa.string()])
def test_labels_of_another_kind_are_refused_by_their_column(tmp_path, kind):
    image = pa.array([{"bytes": png(one), "path": None} for one in range(2)])
    labels = pa.array([0, 1]).cast(kind)
    for part in ("train", "test"):
        pq.write_table(
            pa.table({"img": image, "label": labels}), tmp_path / f"{part}-00000-of-00001.parquet"
        )

    assert "error[KD604]" in refused(tmp_path)


@pytest.mark.parametrize(
    ("labels", "names", "which"),
    [([0, 0], None, "0"), ([1, 1], None, "1"), ([0, 0], ("ant",), "ant"), ([2, 2], NAMES, "cow")],
)
def test_one_class_is_nothing_to_learn(tmp_path, write_shard, labels, names, which):
    for part in ("train", "test"):
        write_shard(tmp_path / f"{part}-00000-of-00001.parquet", labels, names=names)

    assert refused(tmp_path) == (
        f"error[KD612]: `data.classes` is 1, as counted in `{tmp_path}`: `{which}`\n"
        " = help: it should be at least 2"
    )


def test_an_image_that_is_a_missing_struct_is_named(shards):
    path = shards / "test-00000-of-00001.parquet"
    struct = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    image = pa.array([{"bytes": png(0), "path": None}, None], struct)
    names = pq.read_schema(shards / "train-00000-of-00002.parquet").metadata
    table = pa.table({"img": image, "label": [0, 1]})
    pq.write_table(table.replace_schema_metadata(names), path)

    assert f"row 1 of `{path}` does not decode: no bytes" in refused(shards)


def test_class_names_nested_too_deep_are_none(shards):
    for path in shards.glob("*.parquet"):
        table = pq.read_table(path)
        pq.write_table(table.replace_schema_metadata({"huggingface": "[" * 100_000}), path)

    assert load(own(shards)).train.names == ("0", "1", "2")
