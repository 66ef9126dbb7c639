"""Images in memory: checked when made, read by number."""

from __future__ import annotations

import pytest
import torch

from kdgraph.data.images import Images

PIXELS = torch.arange(6 * 3 * 2 * 2, dtype=torch.uint8).view(6, 3, 2, 2)
LABELS = torch.tensor([0, 1, 2, 0, 1, 2])
IMAGES = Images(PIXELS, LABELS, ("ant", "bee", "cow"))


def test_a_batch_has_the_examples_asked_for_in_their_order():
    (batch,) = IMAGES.read([torch.tensor([4, 0, 4])])

    assert torch.equal(batch.pixels, PIXELS[[4, 0, 4]])
    assert batch.labels.tolist() == [1, 0, 1]
    assert batch.examples.tolist() == [4, 0, 4]


def test_taken_examples_are_numbered_anew():
    few = IMAGES.take(torch.tensor([5, 3]))

    (batch,) = few.read([torch.tensor([1])])

    assert torch.equal(batch.pixels, PIXELS[[3]])
    assert len(few) == 2


def test_they_tell_their_shape():
    assert (len(IMAGES), IMAGES.channels, IMAGES.size) == (6, 3, (2, 2))


@pytest.mark.parametrize(
    ("pixels", "labels"),
    [
        (PIXELS.float(), LABELS),
        (PIXELS[0], LABELS),
        (PIXELS, LABELS[:5]),
        (PIXELS, LABELS.int()),
    ],
)
def test_what_is_no_images_with_labels_is_our_fault(pixels, labels):
    with pytest.raises(ValueError, match="are"):
        Images(pixels, labels, ("ant",))
