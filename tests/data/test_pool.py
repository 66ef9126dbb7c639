"""Some images become others, and the data set stays as it is."""

from __future__ import annotations

import torch

from kdgraph.data.images import Images
from kdgraph.data.load import load
from kdgraph.data.pool import Pool
from kdgraph.data.spec import DataSpec
from kdgraph.data.stream import Stream


def images(n=6):
    pixels = torch.arange(n, dtype=torch.uint8)[:, None, None, None].expand(n, 1, 2, 2).clone()
    return Images(pixels, torch.arange(n), tuple("abcdef"[:n]))


def ink(pool, examples):
    found = torch.cat([batch.pixels for batch in pool.read([torch.tensor(examples)])])
    return found[:, 0, 0, 0].tolist()


def white(count, value=200):
    return torch.full((count, 1, 2, 2), value, dtype=torch.uint8)


def test_changed_images_are_read_instead_of_the_data_sets():
    base = images()
    pool = Pool(base)
    pool.change(torch.tensor([4, 1]), torch.stack([white(1)[0], white(1, 100)[0]]))

    assert ink(pool, [0, 1, 2, 3, 4]) == [0, 100, 2, 3, 200]
    assert ink(pool, [4, 4, 1]) == [200, 200, 100]
    assert base.pixels[:, 0, 0, 0].tolist() == list(range(6))
    assert pool.labels is base.labels


def test_an_image_that_is_changed_again_takes_no_more_room():
    pool = Pool(images())
    pool.change(torch.tensor([1, 2]), white(2))
    pool.change(torch.tensor([2, 3]), white(2, 50))

    assert ink(pool, [1, 2, 3]) == [200, 50, 50]
    assert len(pool.pixels) == 3


def test_what_was_changed_can_be_put_back_into_another_pool():
    pool, other = Pool(images()), Pool(images())
    pool.change(torch.tensor([5]), white(1))
    other.restore(pool.state())

    assert ink(other, [4, 5]) == [4, 200]


def test_a_stream_keeps_its_files_and_gives_the_changed_pixels(class_folders):
    spec = DataSpec("folder", root=str(class_folders))
    stream = load(spec, budget=0, workers=0).train
    before = {path: path.read_bytes() for path in class_folders.rglob("*.png")}
    pool = Pool(stream)
    own = next(iter(pool.now(torch.tensor([1]))))
    pool.change(torch.tensor([1]), 255 - own)

    assert isinstance(stream, Stream)
    assert next(iter(pool.now(torch.tensor([1])))).equal(255 - own)
    assert next(iter(stream.read([torch.tensor([1])]))).pixels.equal(own)
    assert {path: path.read_bytes() for path in class_folders.rglob("*.png")} == before
