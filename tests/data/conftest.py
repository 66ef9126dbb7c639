"""Tiny data sets, made on the spot in each layout."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.data.tiny import NAMES, png

WriteShard = Callable[..., Path]


@pytest.fixture
def class_folders(tmp_path: Path) -> Path:
    """Three classes, four training and two test images each; image k of a class is `picture`."""
    for part, count in (("train", 4), ("test", 2)):
        for label, name in enumerate(NAMES):
            place = tmp_path / "birds" / part / name
            place.mkdir(parents=True)
            for k in range(count):
                seed = 100 * label + k + (50 if part == "test" else 0)
                (place / f"{k}.png").write_bytes(png(seed))
    return tmp_path / "birds"


@pytest.fixture
def write_shard() -> WriteShard:
    """Writes one Parquet shard as the Hugging Face hub does."""
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")

    def write(
        path: Path,
        labels: Sequence[int | None],
        *,
        blobs: Sequence[bytes | None] | None = None,
        image: str = "img",
        label: str = "label",
        names: Sequence[str] | None = NAMES,
    ) -> Path:
        blobs = [png(seed) for seed in range(len(labels))] if blobs is None else blobs
        struct = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        columns = {
            image: pa.array([{"bytes": one, "path": None} for one in blobs], struct),
            label: pa.array(labels, pa.int64()),
        }
        table = pa.table(columns)
        if names is not None:
            features = {
                image: {"_type": "Image"},
                label: {"names": list(names), "_type": "ClassLabel"},
            }
            about = json.dumps({"info": {"features": features}})
            table = table.replace_schema_metadata({"huggingface": about})
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path)
        return path

    return write


def _seal(kind: type, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make torchvision expect the checksums of the files that are there."""

    def sums(files: list[list[str]]) -> list[list[str]]:
        return [[name, _md5(folder / name)] for name, _ in files if (folder / name).is_file()]

    monkeypatch.setattr(kind, "train_list", sums(kind.train_list))
    monkeypatch.setattr(kind, "test_list", sums(kind.test_list))
    if hasattr(kind, "meta"):
        sealed = {**kind.meta, "md5": _md5(folder / kind.meta["filename"])}
        monkeypatch.setattr(kind, "meta", sealed)


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


@pytest.fixture(params=["cifar10", "cifar100"])
def cifar_archive(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, Path]:
    """A CIFAR archive of 20 training and 10 test images a file, in torchvision's layout."""
    datasets = pytest.importorskip("torchvision.datasets")
    kind = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[request.param]
    folder = tmp_path / kind.base_folder
    folder.mkdir()
    classes = 10 if request.param == "cifar10" else 100
    for part, (name, _) in enumerate([*kind.train_list, *kind.test_list]):
        rng = np.random.default_rng(part)
        count = classes if part < len(kind.train_list) else 10
        batch = {
            "data": rng.integers(0, 256, (count, 3072), dtype=np.uint8),
            "labels" if classes == 10 else "fine_labels": list(range(count)),
        }
        (folder / name).write_bytes(pickle.dumps(batch))
    meta = {kind.meta["key"]: [f"class {one}" for one in range(classes)]}
    (folder / kind.meta["filename"]).write_bytes(pickle.dumps(meta))
    _seal(kind, folder, monkeypatch)
    return request.param, folder


@pytest.fixture
def stl10_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """STL-10 with 20 training and 10 test images, without the unlabelled ones."""
    datasets = pytest.importorskip("torchvision.datasets")
    folder = tmp_path / "stl10_binary"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for part, count in (("train", 20), ("test", 10)):
        rng.integers(0, 256, count * 3 * 96 * 96, dtype=np.uint8).tofile(folder / f"{part}_X.bin")
        (np.arange(count, dtype=np.uint8) % 10 + 1).tofile(folder / f"{part}_y.bin")
    (folder / "class_names.txt").write_text("\n".join(f"class {one}" for one in range(10)))
    _seal(datasets.STL10, folder, monkeypatch)
    return folder
