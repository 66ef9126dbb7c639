"""Mistakes of weights: files missing, damaged or of another network, and pretrained ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class WeightsMissing(Diagnostic):
    """There is no file where a setting says that a model's weights are.

    A path is taken from the working directory. Weights may also be `random`, `train`
    (train it first, with plain cross-entropy) or `torchvision:IMAGENET1K_V1`.
    """

    code: ClassVar[str] = "KD650"
    title: ClassVar[str] = "no weights at `{path}`"
    label: ClassVar[str] = "{found}"
    help: ClassVar[str] = (
        "{near}\ngive the path of a `.safetensors` file or a PyTorch checkpoint, "
        "or write `train` to train the model first"
    )

    path: str
    found: str
    near: str


@dataclass(frozen=True, kw_only=True)
class WeightsUnreadable(Diagnostic):
    """A file of weights is of no kind that can be read, or is damaged.

    Two kinds are read: safetensors, by the ending `.safetensors`, and what `torch.save`
    writes, by any other ending.
    """

    code: ClassVar[str] = "KD651"
    title: ClassVar[str] = "`{path}` cannot be read as {kind}"
    label: ClassVar[str] = "{reason}"
    help: ClassVar[str] = (
        "{reason}\nsave the weights with `safetensors.torch.save_file(model.state_dict(), path)`"
    )

    path: str
    kind: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class WeightsRunCode(Diagnostic):
    """A checkpoint holds more than tensors, and reading the rest would run its code.

    A recipe cannot run code, and neither can the files it names: a pickle may do anything
    while it is opened. A checkpoint of tensors, numbers and texts is read without that.
    If you trust where this one comes from, open it yourself once and save its tensors:

        state = torch.load("old.pth", weights_only=False)["model"]
        safetensors.torch.save_file(state, "new.safetensors")
    """

    code: ClassVar[str] = "KD652"
    title: ClassVar[str] = "`{path}` holds Python objects beside its tensors"
    label: ClassVar[str] = "holds `{found}`"
    help: ClassVar[str] = (
        "it asks to run `{found}`; save its state dict alone, best as `.safetensors`"
    )

    path: str
    found: str


@dataclass(frozen=True, kw_only=True)
class WeightsWithoutState(Diagnostic):
    """A checkpoint was read, but no state dict is in it.

    A state dict maps names to tensors. It may be the whole file or be in it under any key, such as
    `model`, `state_dict` or `ema`. A part that is asked for behind a `#`, as in `teacher.pt#ema`,
    is such a key, or what the names of the tensors begin with.
    """

    code: ClassVar[str] = "KD653"
    title: ClassVar[str] = "no state dict in `{path}`"
    label: ClassVar[str] = "holds {found}"
    help: ClassVar[str] = "the file holds {found}; save `model.state_dict()`, alone or under a key"

    path: str
    found: str


@dataclass(frozen=True, kw_only=True)
class SeveralWeights(Diagnostic):
    """A checkpoint holds more than one state dict that fits the network.

    The weights as they were trained and their moving average, say, or those of a student and of
    its teacher. Which one is meant is said behind the file's name:

        teacher: {name: resnet56, weights: "checkpoint.pth#ema"}
    """

    code: ClassVar[str] = "KD664"
    title: ClassVar[str] = "`{path}` holds several weights for this network"
    label: ClassVar[str] = "which of them?"
    help: ClassVar[str] = "choose one: {choices}"

    path: str
    choices: str


@dataclass(frozen=True, kw_only=True)
class WeightsUnusable(Diagnostic):
    """Tensors of a file have the right names, and are of a kind that no network here computes with.

    Quantised weights are whole numbers that mean others, by a scale that is kept elsewhere; sparse
    and complex ones, and those on the meta device (which have a shape and no numbers), fit no
    layer. Nothing is converted by guess:

        state = {name: one.to_dense() for name, one in state.items()}
        safetensors.torch.save_file(state, "plain.safetensors")
    """

    code: ClassVar[str] = "KD666"
    title: ClassVar[str] = "`{name}` in `{path}` is {kind}"
    label: ClassVar[str] = "{count} such"
    help: ClassVar[str] = "save the weights as dense tensors of floating point ({count} are not)"

    path: str
    name: str
    kind: str
    count: int


@dataclass(frozen=True, kw_only=True)
class WeightsOfAnother(Diagnostic):
    """The names in a file of weights are not the names of the network.

    Most often the weights are of another network, or of the same one in another code
    base. Nothing is loaded: half of the right weights are wrong weights.
    """

    code: ClassVar[str] = "KD654"
    title: ClassVar[str] = "the weights in `{path}` are those of another network"
    label: ClassVar[str] = "{missing_count} missing, {extra_count} not known"
    help: ClassVar[str] = (
        "missing from the file: {missing}\nnot known to the network: {extra}\n"
        "name the network that the weights were made with"
    )

    path: str
    missing: str
    missing_count: int
    extra: str
    extra_count: int


@dataclass(frozen=True, kw_only=True)
class WeightsOfAnotherSize(Diagnostic):
    """The names in a file of weights fit the network, but the sizes do not.

    A network of another width or depth, or one for images with other channels:
    `resnet8` and `resnet8x4` have the same names for most of their weights.
    """

    code: ClassVar[str] = "KD655"
    title: ClassVar[str] = "{count} of the weights in `{path}` have another size"
    label: ClassVar[str] = "{count} of another size"
    help: ClassVar[str] = "{clashes}\nname the network that the weights were made with"

    path: str
    count: int
    clashes: str


@dataclass(frozen=True, kw_only=True)
class WeightsOfOtherClasses(Diagnostic):
    """Weights were trained to tell another number of classes apart.

    All fits but the classifier, whose rows are the classes. A teacher for other classes cannot
    teach these logits: train it on this data first, or look at its features and maps alone; its
    classifier starts anew then, and nobody asks it. A model that is trained here starts with
    a new classifier as well (KD663).

    To make a teacher of such weights, train a student of its name with them: `kdgraph run ce`
    with `student: {name: "torchvision:resnet18", weights: "torchvision:IMAGENET1K_V1"}`.
    """

    code: ClassVar[str] = "KD656"
    title: ClassVar[str] = "the weights in `{path}` are for {found} classes, the data has {classes}"
    label: ClassVar[str] = "{found} classes"
    help: ClassVar[str] = (
        "`{name}` has {found} rows; give weights of {classes} classes or `train`, or look at its "
        "`features` and `maps` alone"
    )

    path: str
    name: str
    found: int
    classes: int


@dataclass(frozen=True, kw_only=True)
class NewHead(Diagnostic):
    """A model starts from weights for other classes, with a new layer in place of the last one.

    Whatever precedes the classifier has the weights' numbers; the classifier is drawn from the
    seed and the model's name, as in a model that starts from nothing. Of a teacher it is never
    looked at: a loss that takes its logits is a mistake (KD656), and its accuracy is that of
    chance.
    """

    code: ClassVar[str] = "KD663"
    severity: ClassVar[str] = "warning"
    title: ClassVar[str] = "`{layer}` of `{model}` starts anew"
    label: ClassVar[str] = "of {found} classes"
    help: ClassVar[str] = (
        "the weights in `{path}` are for {found} classes, the data has {classes}; all the "
        "others are as they are there"
    )

    model: str
    layer: str
    path: str
    found: int
    classes: int


@dataclass(frozen=True, kw_only=True)
class RandomTeacher(Diagnostic):
    """A loss looks at a model that nothing has trained and that no stage trains.

    Its weights are random, which is what a setting gets that says nothing of them. What it says
    of an image is then noise that is the same each time: the student learns it, and the accuracy
    suffers or gains by chance. Mostly the teacher's weights were forgotten:

        models:
          teacher: {name: resnet56, weights: train}  # or a file, or torchvision:…

    Some methods do want a random network. They run in spite of this warning, and the table says
    "random weights".
    """

    code: ClassVar[str] = "KD665"
    severity: ClassVar[str] = "warning"
    title: ClassVar[str] = "the weights of `{model}` are random, and {where} learns from it"
    label: ClassVar[str] = "random weights"
    help: ClassVar[str] = (
        "write `weights: train` beside the name `{network}`, or the path of a file"
    )

    model: str
    network: str
    where: str


@dataclass(frozen=True, kw_only=True)
class UnknownPretrained(Diagnostic):
    """A library has no weights of this name for this network.

    `torchvision:NAME` takes the names of the network's weights, such as
    `torchvision:IMAGENET1K_V1`; `timm:NAME` its tags, such as `timm:a1_in1k`.
    """

    code: ClassVar[str] = "KD657"
    title: ClassVar[str] = "{library} has no weights `{name}` for this network"
    label: ClassVar[str] = "not among its weights"
    help: ClassVar[str] = "{near}\nits weights: {known}"

    library: str
    name: str
    near: str
    known: str


@dataclass(frozen=True, kw_only=True)
class PretrainedUnreachable(Diagnostic):
    """Weights of a library could not be fetched from its server.

    They are downloaded once and kept. On a machine without internet, fetch them where
    there is one, copy the file, and name its path instead.
    """

    code: ClassVar[str] = "KD658"
    title: ClassVar[str] = "the weights `{name}` could not be downloaded"
    label: ClassVar[str] = "from {address}"
    help: ClassVar[str] = (
        "{reason}\nfetch {address} elsewhere and give the path of the file as `weights`"
    )

    name: str
    address: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class PretrainedElsewhere(Diagnostic):
    """A library's weights are asked for a network that is not built by that library.

    `torchvision:IMAGENET1K_V1` goes with a network `torchvision:NAME`, and so does timm
    with timm.
    """

    code: ClassVar[str] = "KD659"
    title: ClassVar[str] = "`{weights}` goes with a network of {library} only"
    label: ClassVar[str] = "this network is not of {library}"
    help: ClassVar[str] = "write `{library}:NAME` for the network, or give a file of weights"

    weights: str
    library: str
