"""KD600 to KD639: data sets and views; missing, damaged or mislabelled data says so here."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class UnknownDataSet(Diagnostic):
    """A setting names a data set that kdgraph does not know.

    Your own images go in as a folder of classes or as Parquet shards:

        data: {name: folder, root: data/birds, size: 64}
    """

    code = "KD600"
    title = "no data set is called `{name}`"
    label = "unknown"
    help = "{advice}"

    name: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class NoDataThere(Diagnostic):
    """The folder that should hold a data set is absent or holds something else.

    Nothing is downloaded unasked. The folder is the setting's `data.root`; without one it has
    the data set's name, in the folder of the environment variable `KDGRAPH_DATA`, else in `data`.
    """

    code = "KD601"
    title = "no {what} of `{name}` in `{folder}`"
    label = "looked there"
    help = "{get}"

    name: str
    folder: str
    get: str
    what: str = "images"

    def facts(self) -> dict[str, object]:
        """Its own fields; where the data come from is one sentence, whatever its lines."""
        return {**super().facts(), "get": self.get.replace("\n", " ")}


@dataclass(frozen=True, kw_only=True)
class DamagedFile(Diagnostic):
    """A file is cut short, corrupt or of another kind: often a download that broke off."""

    code = "KD602"
    title = "`{file}` is damaged: {reason}"
    help = "fetch or copy the file again"

    file: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MissingFiles(Diagnostic):
    """A data set is there in part: a shard of a series or a file of an archive is absent.

    `train-00001-of-00003.parquet` says by its name that there are three shards.
    """

    code = "KD603"
    title = "`{folder}` lacks {missing}"
    help = "add the absent files, or start again from a complete copy"

    folder: str
    missing: str


@dataclass(frozen=True, kw_only=True)
class WrongColumns(Diagnostic):
    """A Parquet shard does not have the columns of an image classification set.

    Expected are an image column `img` or `image`, a struct of `bytes` (binary) and `path`, and
    whole-number labels in `label`, `labels` or `fine_label`.
    """

    code = "KD604"
    title = "`{file}` has no {expected}"
    help = "found {found}; rename or convert the columns"

    file: str
    expected: str
    found: str


@dataclass(frozen=True, kw_only=True)
class LabelOutOfRange(Diagnostic):
    """A label is absent (-1) or is not the number of a class; they are counted from 0."""

    code = "KD605"
    title = "the label of {place} is {found}, which is no class"
    help = "labels go from 0 to {last}; correct the label, or the list of class names"

    place: str
    found: str
    last: int


@dataclass(frozen=True, kw_only=True)
class UndecodableImage(Diagnostic):
    """An image cannot be decoded. All are looked at first, so that none stops the training."""

    code = "KD606"
    title = "{place} does not decode: {reason}"
    help = "replace or remove the image{more}"

    place: str
    reason: str
    more: str = ""


@dataclass(frozen=True, kw_only=True)
class MixedSizes(Diagnostic):
    """The images have several sizes and no common one is asked for.

    With `size: 64` every image is scaled until its shorter side is 64, then cut to the middle
    64 x 64.
    """

    code = "KD607"
    title = "{place} is {found}, the first image is {expected}"
    help = "give all the images one size with `data.size`"

    place: str
    found: str
    expected: str


@dataclass(frozen=True, kw_only=True)
class ClassesDisagree(Diagnostic):
    """The test part has other classes than training, so that a label would mean two things."""

    code = "KD608"
    title = "training and test classes of `{folder}` disagree: {difference}"
    help = "use the same class names, in the same order, for both parts"

    folder: str
    difference: str


@dataclass(frozen=True, kw_only=True)
class NothingInside(Diagnostic):
    """A folder of a class, or a part of a data set, holds not one image."""

    code = "KD609"
    title = "`{place}` holds no image"
    help = "add images ({kinds}), or remove it"

    place: str
    kinds: str


@dataclass(frozen=True, kw_only=True)
class WrongClassCount(Diagnostic):
    """The data have another number of classes than the setting or the data set's name promises.

    A folder with the Parquet shards of CIFAR-100 given as `cifar10`, for example.
    """

    code = "KD610"
    title = "`{folder}` has {found} classes, `{name}` should have {expected}"
    help = "correct `data.name`, `data.classes` or `data.root`"

    folder: str
    name: str
    found: int
    expected: int


@dataclass(frozen=True, kw_only=True)
class MissingPackage(Diagnostic):
    """A data set needs a Python package that is not installed or does not load."""

    code = "KD611"
    title = "`{name}` data need the package `{package}`: {reason}"
    help = "pip install {install}"

    name: str
    package: str
    install: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class BadAmount(Diagnostic):
    """A number of the `data` section is outside what it can be.

    data: {name: cifar10, fraction: 0.25}       # a quarter of the training images
    """

    code = "KD612"
    title = "`data.{field}` is {found}"
    label = "out of range"
    help = "it should be {allowed}"

    field: str
    found: str
    allowed: str


@dataclass(frozen=True, kw_only=True)
class TooLarge(Diagnostic):
    """Parquet shards are read whole, still encoded; these do not fit into memory.

    A folder of classes has no such limit: its images are read while training.
    """

    code = "KD613"
    title = "the shards in `{folder}` hold {needed}, more than the {limit} this machine can spare"
    help = "unpack them into a folder of classes and use `data.name: folder`"

    folder: str
    needed: str
    limit: str


@dataclass(frozen=True, kw_only=True)
class NoRoot(Diagnostic):
    """The data sets `folder` and `parquet` are yours, so the setting must say where they are."""

    code = "KD614"
    title = "`{name}` data have no `root`"
    label = "which folder?"
    help = "write `root: path/of/the/images`, or `--set data.root=…`"

    name: str


@dataclass(frozen=True, kw_only=True)
class PixelsWithoutRange(Diagnostic):
    """Nothing says which number of these pixels is black and which is white.

    Grey of 8, 12 or 16 bits has a range. Whole numbers of 32 bits and floating point (Pillow's
    modes `I` and `F`) may be heights, counts or shares: they have to be scaled by somebody who
    knows.

        levels = numpy.asarray(Image.open("one.tif"))  # from 0 to 4000, say
        grey = (levels / 4000 * 255).round().astype("uint8")
        Image.fromarray(grey).save("one.png")
    """

    code = "KD615"
    title = "{place} has pixels of mode `{mode}`, whose range is not known"
    help = "save it with 8 or 16 bits a channel, from 0 for black to the most for white{more}"

    place: str
    mode: str
    more: str = ""


@dataclass(frozen=True, kw_only=True)
class UnsuitableView(Diagnostic):
    """A view cannot be made of these images.

    rot: rotate(image, 45)            # quarter turns only: 0, 90, 180, 270
    big: center_crop(image, 224)      # of images of 32 x 32
    """

    code = "KD620"
    title = "`{view}` cannot be made: {reason}"
    label = "here"
    help = "{advice}"

    view: str
    reason: str
    advice: str
