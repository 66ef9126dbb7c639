"""Whatever bytes an image file holds, decoding gives pixels or a diagnostic."""

from __future__ import annotations

import io
import struct
import subprocess
import zlib
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


def saved(image: Image.Image, kind: str, **more) -> Rows:
    file = io.BytesIO()
    image.save(file, kind, **more)
    return row(file.getvalue())


RAMP = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1040  # 0 … 65520, as dark as light
GREY = Form(1, 8, 8, fit=False)


def by_hand(levels, most: int):
    """A share of white, as one of 256 levels."""
    return np.floor(levels.astype(np.float64) / most * 255 + 0.5).astype(np.uint8)


@pytest.mark.parametrize("form", [GREY, Form(3, 8, 8, fit=False)])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_grey_of_16_bits_is_scaled_and_not_cut_off(kind, form):
    found = pixels(saved(Image.fromarray(RAMP), kind), 0, form)

    assert found.shape == form.shape
    assert np.array_equal(found, np.broadcast_to(by_hand(RAMP, 65535), form.shape))


def test_16_bits_say_what_8_bits_say():
    levels = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    wide = pixels(saved(Image.fromarray(levels.astype(np.uint16) * 257), "PNG"), 0, FORM)

    assert np.array_equal(wide, pixels(saved(Image.fromarray(levels), "PNG"), 0, FORM))


def tiff(values, bits: int, photometric: int, order: str = "<") -> Rows:
    """An uncompressed TIFF of 8 x 8, written by hand."""
    tags = [
        (256, 3, 8), (257, 3, 8), (258, 3, bits), (259, 3, 1), (262, 3, photometric),
        (273, 4, 8 + 2 + 12 * 9 + 4), (277, 3, 1), (278, 3, 8), (279, 4, len(values)),
    ]  # fmt: skip
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(tags))
    packed = {3: "HHIHH", 4: "HHII"}
    entries = b"".join(
        struct.pack(order + packed[kind], tag, kind, 1, value, *([0] if kind == 3 else []))
        for tag, kind, value in tags
    )
    return row(head + entries + struct.pack(f"{order}I", 0) + values)


@pytest.mark.parametrize(("order", "photometric"), [("<", 1), (">", 1), ("<", 0)])
def test_either_order_of_bytes_and_either_sense_of_white(order, photometric):
    values = RAMP.astype(f"{order}u2").tobytes()
    found = pixels(tiff(values, 16, photometric, order), 0, GREY)[0]

    assert np.array_equal(found, by_hand(RAMP if photometric else 65535 - RAMP, 65535))


def test_12_bits_are_scaled_by_what_12_bits_hold():
    levels = (np.arange(64) * 65).reshape(8, 8)  # 0 … 4095
    pairs = levels.reshape(-1, 2)
    packed = np.stack(
        [pairs[:, 0] >> 4, (pairs[:, 0] & 15) << 4 | pairs[:, 1] >> 8, pairs[:, 1] & 255], axis=1
    ).astype(np.uint8)
    found = pixels(tiff(packed.tobytes(), 12, 1), 0, GREY)[0]

    assert np.array_equal(found, by_hand(levels, 4095))


@pytest.mark.parametrize(("mode", "kind"), [("F", "TIFF"), ("I", "TIFF"), ("F", "PPM")])
def test_pixels_whose_range_nobody_knows_are_refused(mode, kind):
    with pytest.raises(RecipeError) as caught:
        pixels(saved(Image.new(mode, (8, 8), 1), kind), 0, FORM)

    assert str(caught.value).startswith(
        f"error[KD615]: row 0 of `shard.parquet` has pixels of mode `{mode}`, whose range"
    )


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("1", 1, (255, 255, 255)),
        ("LA", (77, 0), (77, 77, 77)),
        ("RGBA", (10, 20, 30, 0), (10, 20, 30)),  # nothing is laid under what is transparent
        ("CMYK", (0, 255, 255, 0), (255, 0, 0)),
    ],
)
def test_what_other_modes_mean(mode, colour, expected):
    kind = "TIFF" if mode == "CMYK" else "PNG"
    found = pixels(saved(Image.new(mode, (8, 8), colour), kind), 0, FORM)

    assert found[:, 0, 0].tolist() == list(expected)


def test_colour_of_16_bits_is_read_by_its_upper_8():
    head = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    data = zlib.compress(b"\0" + struct.pack(">HHH", 0xFFFF, 0x8000, 0x00FF))

    def chunk(name: bytes, inside: bytes) -> bytes:
        summed = struct.pack(">I", zlib.crc32(name + inside))
        return struct.pack(">I", len(inside)) + name + inside + summed

    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    assert pixels(row(file), 0, Form(3, 1, 1, fit=False)).flatten().tolist() == [255, 128, 0]


@pytest.mark.parametrize("kind", ["GIF", "TIFF"])
def test_the_first_of_several_frames_is_taken(kind):
    frames = [Image.new("L", (8, 8), level) for level in (40, 200)]
    several = saved(frames[0], kind, save_all=True, append_images=frames[1:])

    assert np.all(pixels(several, 0, FORM) == 40)


def test_the_rotation_that_a_camera_noted_is_not_applied():
    image, exif = Image.fromarray(np.tile(np.arange(8, dtype=np.uint8) * 30, (8, 1))), Image.Exif()
    exif[0x0112] = 6  # turned by a quarter

    turned = pixels(saved(image, "PNG", exif=exif), 0, GREY)
    assert np.array_equal(turned, pixels(saved(image, "PNG"), 0, GREY))


def test_no_file_starts_another_program(monkeypatch):
    started = []
    monkeypatch.setattr(subprocess, "Popen", lambda *words, **_: started.append(words))
    monkeypatch.setattr(subprocess, "check_call", lambda *words, **_: started.append(words))
    file = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n"

    for look in (lambda one: pixels(one, 0, FORM), lambda one: dimensions(one, 0)):
        with pytest.raises(RecipeError, match="not an image of a kind that is read"):
            look(row(file))
    assert started == []


@pytest.mark.parametrize(("height", "width"), [(1, 3_000_000), (3_000_000, 1)])
def test_an_image_too_long_to_be_scaled_is_refused(height, width):
    line = saved(Image.new("1", (width, height)), "PNG")

    with pytest.raises(RecipeError, match="pixels are too many"):
        pixels(line, 0, Form(3, 64, 64, fit=True))


def test_an_image_of_no_pixels_is_refused():
    head = b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 0, 8, 1, 24, 0, 0, 0, 0, 0, 0)
    for blob in (head, b"P5 0 8 255\n", b"GIF89a" + struct.pack("<HHBBB", 0, 0, 0, 0, 0) + b";"):
        with pytest.raises(RecipeError, match="does not decode"):
            pixels(row(blob), 0, FORM)


@pytest.mark.parametrize("kind", [2, 5, 7])  # text, a fraction, bytes
def test_tags_of_another_kind_never_escape_as_another_exception(kind):
    image = bytearray(tiff(RAMP.astype("<u2").tobytes(), 16, 1).blobs[0])
    for at in range(10, 10 + 12 * 9, 12):
        blob = bytearray(image)
        blob[at + 2 : at + 4] = struct.pack("<H", kind)
        with suppress(RecipeError):
            pixels(row(bytes(blob)), 0, FORM)
