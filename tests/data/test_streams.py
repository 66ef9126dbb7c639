"""A stream gives what memory would give, whoever decodes it."""

from __future__ import annotations

import pytest
import torch

from kdgraph.data.batches import batches, order
from kdgraph.data.images import Images
from kdgraph.data.load import load
from kdgraph.data.spec import DataSpec
from kdgraph.data.stream import Stream
from kdgraph.lang.diagnostics import RecipeError
from tests.data.tiny import png


def own(folder, **more) -> DataSpec:
    return DataSpec("folder", root=str(folder), **more)


def epoch(examples) -> list:
    numbers = order(len(examples), seed=0, stage=0, epoch=1)
    return list(examples.read(batches(numbers, batch=5)))


def test_what_exceeds_the_budget_becomes_a_stream(class_folders):
    pixels = 12 * 3 * 8 * 8

    assert isinstance(load(own(class_folders), budget=pixels).train, Images)
    assert isinstance(load(own(class_folders), budget=pixels - 1).train, Stream)


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_a_stream_gives_the_batches_that_memory_gives_for_any_number_of_workers(
    class_folders, workers
):
    held = load(own(class_folders))
    streamed = load(own(class_folders), budget=0, workers=workers)

    for here, there in zip(epoch(held.train), epoch(streamed.train), strict=True):
        assert torch.equal(here.pixels, there.pixels)
        assert torch.equal(here.labels, there.labels)
        assert torch.equal(here.examples, there.examples)
    assert (streamed.mean, streamed.std) == (held.mean, held.std)


def test_parquet_rows_can_be_streamed(tmp_path, write_shard):
    for part in ("train", "test"):
        write_shard(tmp_path / f"{part}-00000-of-00001.parquet", [0, 1, 2, 1, 0, 2])
    spec = DataSpec("parquet", root=str(tmp_path))

    streamed = epoch(load(spec, budget=0, workers=2).train)

    for here, there in zip(epoch(load(spec).train), streamed, strict=True):
        assert torch.equal(here.pixels, there.pixels)


def test_a_stream_tells_what_memory_would_tell(class_folders):
    stream = load(own(class_folders), budget=0).train
    held = load(own(class_folders)).train

    assert (len(stream), stream.names) == (len(held), held.names)
    assert (stream.size, stream.channels) == (held.size, held.channels)
    assert torch.equal(stream.labels, held.labels)


def test_reading_a_stream_leaves_the_global_generator_alone(class_folders):
    stream = load(own(class_folders), budget=0, workers=2).train
    torch.manual_seed(0)
    before = torch.get_rng_state()

    epoch(stream)

    assert torch.equal(torch.get_rng_state(), before)


def test_an_empty_batch_is_read_as_an_empty_batch(class_folders):
    stream = load(own(class_folders), budget=0, workers=0).train

    (batch,) = stream.read([torch.arange(0)])

    assert batch.pixels.shape == (0, 3, 8, 8)
    assert batch.examples.dtype == torch.int64


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_file_cut_short_is_found_before_training(class_folders, kind):
    broken = class_folders / "train" / "bee" / "1.png"
    broken.write_bytes(png(3, 64, 64, kind)[:-900])

    with pytest.raises(RecipeError, match="KD606") as caught:
        load(own(class_folders, size=8), budget=0)
    assert f"`{broken}` does not decode" in str(caught.value)


def test_an_image_of_another_size_is_found_before_training(class_folders):
    (class_folders / "train" / "bee" / "1.png").write_bytes(png(3, 9, 9))

    with pytest.raises(RecipeError, match="KD607"):
        load(own(class_folders), budget=0)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_file_that_breaks_while_training_is_still_a_diagnostic(class_folders, workers):
    stream = load(own(class_folders), budget=0, workers=workers).train
    broken = class_folders / "train" / "bee" / "1.png"
    broken.write_bytes(b"")

    with pytest.raises(RecipeError) as caught:
        epoch(stream)
    assert str(caught.value).startswith(f"error[KD606]: `{broken}` does not decode: not an image")
