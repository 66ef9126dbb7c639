"""Whatever bytes an image file holds, decoding gives pixels or a diagnostic."""

from __future__ import annotations

import io
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from kdgraph.data.decode import Form, dimensions, fitted, pixels
from kdgraph.data.files import Rows
from kdgraph.lang.diagnostics import RecipeError
from tests.data.tiny import png

FORM = Form(3, 8, 8, fit=True)
KINDS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
SOUND = {kind: png(0, kind=kind) for kind in KINDS}


def row(blob: bytes | None) -> Rows:
    return Rows((blob,), ("shard.parquet",), (0,))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_decodes_as_pillow_does(kind):
    expected = np.asarray(Image.open(io.BytesIO(SOUND[kind])).convert("RGB"))

    assert np.array_equal(pixels(row(SOUND[kind]), 0, FORM), expected.transpose(2, 0, 1))
    assert dimensions(row(SOUND[kind]), 0) == (8, 8)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of broken tags
@settings(max_examples=300, deadline=None)
@given(st.sampled_from(KINDS), st.data())
def test_cut_or_altered_bytes_never_escape_as_another_exception(kind, data):
    blob = bytearray(SOUND[kind])
    for _ in range(data.draw(st.integers(0, 4))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    kept = data.draw(st.integers(0, len(blob)))

    for look in (lambda one: pixels(one, 0, FORM), lambda one: dimensions(one, 0)):
        with suppress(RecipeError):
            look(row(bytes(blob[:kept])))


def test_a_row_is_called_by_its_shard_and_its_number_there():
    rows = Rows((b"",) * 5, ("a.parquet", "b.parquet"), (0, 3))

    assert [rows.place(item) for item in (0, 2, 3, 4)] == [
        "row 0 of `a.parquet`",
        "row 2 of `a.parquet`",
        "row 0 of `b.parquet`",
        "row 1 of `b.parquet`",
    ]


@pytest.mark.parametrize(("height", "width"), [(5, 20), (20, 5), (13, 17), (300, 7), (1, 1)])
def test_an_image_of_any_shape_is_fitted(height, width):
    image = Image.fromarray(np.zeros((height, width, 3), dtype=np.uint8))

    assert fitted(image, 8, 8).size == (8, 8)


def test_transparency_and_palettes_become_colour():
    image = Image.fromarray(np.full((8, 8, 4), 100, dtype=np.uint8)).quantize(4)
    file = io.BytesIO()
    image.save(file, "PNG")

    assert pixels(row(file.getvalue()), 0, FORM).shape == (3, 8, 8)
