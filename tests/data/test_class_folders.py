"""Folders of classes: order, sizes, and every way in which they can be wrong."""

from __future__ import annotations

import io
import os
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from kdgraph.data.load import load
from kdgraph.data.spec import DataSpec
from kdgraph.data.statistics import statistics
from kdgraph.lang.diagnostics import RecipeError
from tests.data.tiny import NAMES, picture, png


def own(folder, **more) -> DataSpec:
    return DataSpec("folder", root=str(folder), **more)


def refused(folder, **more) -> str:
    with pytest.raises(RecipeError) as caught:
        load(own(folder, **more))
    return str(caught.value)


def test_images_come_class_by_class_in_the_order_of_their_names(class_folders):
    split = load(own(class_folders))

    assert split.train.names == NAMES
    assert split.train.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    expected = torch.from_numpy(picture(101).transpose(2, 0, 1).copy())
    assert torch.equal(split.train.pixels[5], expected)
    assert split.test.labels.tolist() == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("name", ["val", "validation"])
def test_the_test_part_may_be_called_otherwise(class_folders, name):
    (class_folders / "test").rename(class_folders / name)

    assert len(load(own(class_folders)).test) == 6


def test_statistics_are_those_of_the_training_images(class_folders):
    split = load(own(class_folders))

    assert (split.mean, split.std) == statistics(split.train)


def test_grey_images_become_colour_and_colour_grey(class_folders):
    grey = Image.fromarray(picture(0)[..., 0])
    grey.save(class_folders / "train" / "ant" / "0.png")

    colour = load(own(class_folders)).train.pixels[0]
    levels = load(own(class_folders, channels=1)).train.pixels[0]

    assert torch.equal(colour[0], colour[2])
    assert torch.equal(levels[0], colour[0])


def test_other_files_and_hidden_ones_are_left_alone(class_folders):
    (class_folders / "train" / "ant" / "readme.txt").write_text("nothing")
    (class_folders / "train" / "ant" / ".0.png").write_text("nothing")
    (class_folders / "train" / ".thumbnails").mkdir()

    assert len(load(own(class_folders)).train) == 12


def test_images_of_several_sizes_need_a_size(class_folders):
    odd = class_folders / "train" / "bee" / "2.png"
    odd.write_bytes(png(7, 10, 20))

    assert refused(class_folders) == (
        f"error[KD607]: `{odd}` is 10 x 20, the first image is 8 x 8\n"
        " = help: give all the images one size with `data.size`"
    )
    assert load(own(class_folders, size=8)).train.pixels.shape == (12, 3, 8, 8)


def test_a_wide_image_is_scaled_by_its_shorter_side_and_cut_in_the_middle(
    class_folders,
):
    wide = np.zeros((8, 24, 3), dtype=np.uint8)
    wide[:, 8:16] = 200
    Image.fromarray(wide).save(class_folders / "train" / "ant" / "0.png")

    middle = load(own(class_folders, size=8)).train.pixels[0]

    assert middle.unique().tolist() == [200]


def test_an_image_that_does_not_decode_is_named(class_folders):
    broken = class_folders / "train" / "cow" / "1.png"
    broken.write_bytes(broken.read_bytes()[:60])

    message = refused(class_folders)

    assert message.startswith(f"error[KD606]: `{broken}` does not decode: ")
    assert "replace or remove the image" in message


def test_what_is_no_image_is_named(class_folders):
    broken = class_folders / "test" / "ant" / "0.png"
    broken.write_text("hello")

    assert f"`{broken}` does not decode: not an image" in refused(class_folders)


def test_many_broken_images_are_counted_and_the_first_five_named(class_folders):
    for path in (class_folders / "train").glob("*/*.png"):
        path.write_text("hello")

    message = refused(class_folders, size=8)

    assert message.count("error[KD606]") == 5
    assert "; 7 more have such a fault" in message


def test_an_absent_folder_is_named_with_what_to_put_there(tmp_path):
    message = refused(tmp_path / "nowhere")

    assert f"no training images of `folder` in `{tmp_path / 'nowhere'}`" in message
    assert "put train/<class>/*.jpg and test/<class>/*.jpg (or val/) there" in message


def test_an_absent_test_part_is_told_from_an_absent_training_part(class_folders):
    (class_folders / "test").rename(class_folders / "other")

    assert f"no test images of `folder` in `{class_folders}`" in refused(class_folders)


def test_an_empty_class_is_refused(class_folders):
    (class_folders / "train" / "dog").mkdir()

    assert f"`{class_folders / 'train' / 'dog'}` holds no image" in refused(class_folders)


def test_an_empty_test_part_is_refused(class_folders):
    for path in (class_folders / "test").glob("*/*.png"):
        path.unlink()

    assert f"`{class_folders / 'test'}` holds no image" in refused(class_folders)


def test_a_test_class_that_training_lacks_is_refused(class_folders):
    (class_folders / "test" / "bee").rename(class_folders / "test" / "wasp")

    assert (
        f"training and test classes of `{class_folders}` disagree: only the test has `wasp`"
    ) in refused(class_folders)


def test_another_number_of_classes_than_the_setting_says_is_refused(class_folders):
    assert "has 3 classes, `folder` should have 4" in refused(class_folders, classes=4)


def test_tiny_imagenets_own_list_of_test_labels_is_read(class_folders):
    images = class_folders / "val" / "images"
    images.mkdir(parents=True)
    (class_folders / "test").rename(class_folders / "unused")
    rows = []
    for k, name in enumerate(("cow", "ant")):
        (images / f"val_{k}.JPEG").write_bytes(png(k, kind="JPEG"))
        rows.append(f"val_{k}.JPEG\t{name}\t0\t0\t62\t62")
    (class_folders / "val" / "val_annotations.txt").write_text("\n".join(rows) + "\n")

    assert load(own(class_folders)).test.labels.tolist() == [2, 0]


def test_a_listed_test_image_that_is_absent_is_named(class_folders):
    (class_folders / "test").rename(class_folders / "unused")
    (class_folders / "val" / "images").mkdir(parents=True)
    (class_folders / "val" / "val_annotations.txt").write_text("val_0.JPEG\tant\t0\t0\t1\t1\n")

    gone = class_folders / "val" / "images" / "val_0.JPEG"
    assert f"`{gone}` does not decode: No such file or directory" in refused(class_folders)


def test_jpeg_pixels_are_pillows(class_folders):
    data = png(3, kind="JPEG")
    (class_folders / "train" / "ant" / "0.png").unlink()
    (class_folders / "train" / "ant" / "0.JPG").write_bytes(data)

    pixels = load(own(class_folders)).train.pixels[0]

    expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).transpose(2, 0, 1)
    assert np.array_equal(pixels.numpy(), expected)


def test_one_class_is_nothing_to_learn(class_folders):
    for part in ("train", "test"):
        for name in NAMES[1:]:
            shutil.rmtree(class_folders / part / name)

    assert refused(class_folders) == (
        f"error[KD612]: `data.classes` is 1, as counted in `{class_folders}`: `ant`\n"
        " = help: it should be at least 2"
    )


def test_one_image_of_several_classes_may_be_asked_for(class_folders):
    assert len(load(own(class_folders, limit=1)).train) == 1


def test_16_bits_are_learnt_like_8(class_folders):
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    place = class_folders / "train" / "ant"
    Image.fromarray(grey).save(place / "0.png")
    Image.fromarray(grey.astype(np.uint16) * 257).save(place / "1.png")
    found = load(own(class_folders)).train.pixels

    assert torch.equal(found[0], found[1])


def test_a_pipe_is_not_waited_for(class_folders):
    pipe = class_folders / "train" / "ant" / "pipe.png"
    os.mkfifo(pipe)

    assert f"`{pipe}` does not decode: no plain file" in refused(class_folders)


def test_a_list_of_test_images_that_is_no_text_is_named(class_folders):
    listed = class_folders / "test" / "val_annotations.txt"
    listed.write_bytes(b"\xff\xfe\x00")

    assert refused(class_folders).startswith(f"error[KD602]: `{listed}` is damaged: it is no text")
