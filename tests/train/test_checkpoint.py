from __future__ import annotations

import os
from dataclasses import replace

import pytest
import torch
from pydantic import ValidationError

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.resume import BrokenCheckpoint, OtherMachine, OtherRun, SkippedCheckpoint
from kdgraph.train.checkpoint import Checkpoints
from kdgraph.train.events import EpochResult
from kdgraph.train.manifest import Identity, Place, Tally, circumstances, read_manifest
from kdgraph.train.record import Row
from tests.train.flips import flips

IDENTITY = Identity(graph="abc", protocol="def", seed=1, stage=1)


@pytest.fixture
def place():
    result = EpochResult(
        epoch=1, step=3, total=1 / 3, terms={"λ·kd": 0.1}, measures={"accuracy": 0.5}
    )
    row = Row(total=1e-40, gradient=0.1 + 0.2, terms={"λ·kd": 2**-30}, weights={"λ·kd": 1.0})
    return Place(
        epoch=2, step=4, history=[result], best=result, window=[row], sums={"": Tally(1 / 7, 3)}
    )


@pytest.fixture
def shelf(tmp_path):
    return Checkpoints(tmp_path / "1", IDENTITY, circumstances("cpu", 1))


def tensors(value=1.0):
    return {"a": torch.full((2, 3), value), "step": torch.tensor(3), "flag": torch.tensor([True])}


def refuse(mistake):
    raise AssertionError(mistake)


def test_what_is_saved_comes_back_to_the_last_bit(shelf, place):
    saved = {
        **tensors(),
        "half": torch.tensor([1 / 3], dtype=torch.bfloat16),
        "double": torch.tensor(1 / 3, dtype=torch.float64),
        "nan": torch.tensor([float("nan"), -0.0]),
    }
    shelf.save(place, saved)

    found = shelf.load(refuse)

    assert found is not None
    assert found[0] == place
    for name, tensor in saved.items():
        loaded = found[1][name]
        assert loaded.dtype == tensor.dtype
        assert (
            loaded.numpy(force=True).tobytes() == tensor.numpy(force=True).tobytes()
            if (tensor.dtype != torch.bfloat16)
            else torch.equal(loaded, tensor)
        )


def test_tied_weights_and_views_can_be_saved(shelf, place):
    whole = torch.arange(6.0)
    shelf.save(
        place, {"one": whole, "same": whole, "view": whole[::2], "turned": whole.view(2, 3).T}
    )

    _, loaded = shelf.load(refuse)

    assert loaded["view"].tolist() == [0, 2, 4]
    assert loaded["turned"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_there_is_nothing_to_load_before_the_first_is_saved(shelf):
    assert shelf.load(refuse) is None


def test_the_last_two_are_kept_and_the_newest_is_loaded(shelf, place):
    for value in (1.0, 2.0, 3.0):
        shelf.save(place, tensors(value))

    assert sorted(one.name for one in shelf.folder.iterdir()) == ["000002", "000003"]
    assert shelf.load(refuse)[1]["a"][0, 0] == 3


@pytest.mark.parametrize("harm", ["cut", "flip", "remove", "words"])
def test_a_broken_one_is_passed_over_with_a_warning(shelf, place, harm):
    shelf.save(place, tensors(1.0))
    newest = shelf.save(place, tensors(2.0))
    file = newest / "tensors.safetensors"
    data = file.read_bytes()
    match harm:
        case "cut":
            file.write_bytes(data[:-3])
        case "flip":
            file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        case "remove":
            file.unlink()
        case "words":
            (newest / "manifest.json").write_text("{")
    told = []

    _, loaded = shelf.load(told.append)

    assert loaded["a"][0, 0] == 1
    assert [type(one) for one in told] == [SkippedCheckpoint]
    assert str(newest) in str(told[0])


@pytest.mark.parametrize("name", ["manifest.json", "tensors.safetensors"])
def test_no_bit_of_a_checkpoint_can_turn_over_unseen(shelf, place, name):
    shelf.save(Place(epoch=1, step=1), tensors(1.0))
    newest = shelf.save(place, tensors(2.0))
    assert sorted(one.name for one in newest.iterdir()) == ["manifest.json", "tensors.safetensors"]
    taken = []

    for _ in flips(newest / name, 300):
        told = []
        found, loaded = shelf.load(told.append)
        taken.append((found, loaded["a"][0, 0].item(), [type(one) for one in told]))

    assert taken == [(Place(epoch=1, step=1), 1.0, [SkippedCheckpoint])] * len(taken)
    assert shelf.load(refuse)[0] == place


@pytest.mark.parametrize(
    "place",
    [{"epoch": 0}, {"epoch": 2}, {"batch": -1}, {"step": -1}, {"seconds": -1.0}],
)
def test_a_place_that_no_stage_can_be_at_is_refused(place):
    with pytest.raises(ValidationError):
        Place(**place)


def test_where_none_can_be_read_the_run_does_not_begin_anew_unasked(shelf, place):
    (shelf.save(place, tensors()) / "tensors.safetensors").unlink()

    with pytest.raises(RecipeError) as caught:
        shelf.load(refuse)

    assert isinstance(caught.value.diagnostics[0], BrokenCheckpoint)


@pytest.mark.parametrize(
    ("field", "value"), [("graph", "xyz"), ("protocol", "xyz"), ("seed", 2), ("stage", 2)]
)
def test_one_of_another_run_is_refused(shelf, place, field, value):
    shelf.save(place, tensors())
    other = replace(shelf, identity=IDENTITY.model_copy(update={field: value}))

    with pytest.raises(RecipeError) as caught:
        other.load(refuse)

    (mistake,) = caught.value.diagnostics
    assert isinstance(mistake, OtherRun)
    assert mistake.what == field
    assert f"belongs to another {field}" in str(mistake)


def test_other_threads_and_ranks_are_warned_about(shelf, place):
    shelf.save(place, tensors())
    told = []
    here = shelf.circumstances.model_copy(update={"threads": 64, "world": 8})

    replace(shelf, circumstances=here).load(told.append)

    assert [type(one) for one in told] == [OtherMachine] * 2
    assert "threads = 1 and continues with 64" in str(told[0])
    assert "ranks = 1 and continues with 8" in str(told[1])


def test_a_death_while_writing_leaves_the_one_before_and_no_trace(shelf, place, monkeypatch):
    shelf.save(place, tensors(1.0))
    calls = []

    def dying(handle):
        calls.append(handle)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", dying)
        with pytest.raises(KeyboardInterrupt):
            shelf.save(place, tensors(2.0))
    assert calls
    (shelf.folder / ".part-left-by-a-kill").mkdir()

    assert shelf.load(refuse)[1]["a"][0, 0] == 1
    shelf.save(place, tensors(3.0))
    assert sorted(one.name for one in shelf.folder.iterdir()) == ["000001", "000002"]


def test_the_manifest_says_what_the_run_was(shelf, place):
    manifest = read_manifest(shelf.save(place, tensors()))

    assert manifest.format == 2
    assert manifest.identity == IDENTITY
    assert manifest.circumstances.torch == torch.__version__
    assert manifest.circumstances.threads == torch.get_num_threads()
    assert (manifest.place.epoch, manifest.place.step) == (2, 4)


def test_a_fact_that_differs_is_named_with_both_values(shelf, place):
    began = IDENTITY.model_copy(update={"facts": {"precision": "bfloat16", "data": "12ab"}})
    replace(shelf, identity=began).save(place, tensors())
    now = began.model_copy(update={"facts": {"precision": "float32", "data": "12ab"}})

    with pytest.raises(RecipeError) as caught:
        replace(shelf, identity=now).load(refuse)

    text = " ".join(str(caught.value).split())
    assert "belongs to another precision" in text
    assert "(`bfloat16`, now `float32`)" in text


def test_a_fact_that_only_one_side_knows_differs(shelf, place):
    shelf.save(place, tensors())
    now = IDENTITY.model_copy(update={"facts": {"precision": "float32"}})

    with pytest.raises(RecipeError, match="belongs to another precision"):
        replace(shelf, identity=now).load(refuse)
