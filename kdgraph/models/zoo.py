"""The networks of the zoo as rows of a table: builder, arguments, sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kdgraph.models.layout import Layout


@dataclass(frozen=True, kw_only=True)
class Known:
    """A network of the zoo: what it is, how large it is and what builds it.

    Attributes:
        name: the word in a setting's `models:`.
        builder: `module:class`, called with the class count, `channels` and `arguments`.
        about: one line for lists.
        parameters: how many, for `sample` (classes, channels).
        layout: what its taps measure.
        arguments: what tells it from the others of its family.
        sample: the class and channel count that `parameters` was counted with.
    """

    name: str
    builder: str
    about: str
    parameters: int
    layout: Layout
    arguments: Mapping[str, object] = field(default_factory=dict)
    sample: tuple[int, int] = (100, 3)


def _resnets() -> Iterator[Known]:
    sizes = {8: 83_892, 14: 181_108, 20: 278_324, 32: 472_756, 44: 667_188}
    sizes |= {56: 861_620, 110: 1_736_564}
    narrow, wide = (16, 16, 32, 64), (32, 64, 128, 256)
    rows = [(f"resnet{depth}", depth, narrow, count) for depth, count in sizes.items()]
    rows += [("resnet8x4", 8, wide, 1_233_540), ("resnet32x4", 32, wide, 7_433_860)]
    for name, depth, widths, count in rows:
        yield Known(
            name=name,
            builder="kdgraph.models.resnet:ResNet",
            about=f"residual network of {depth} layers, {'-'.join(map(str, widths))} channels",
            parameters=count,
            arguments={"depth": depth, "widths": widths},
            layout=_three_stages(*widths),
        )


def _wide_resnets() -> Iterator[Known]:
    sizes = {(16, 1): 180_916, (16, 2): 703_284, (40, 1): 569_780, (40, 2): 2_255_156}
    for (depth, widen), count in sizes.items():
        yield Known(
            name=f"wrn_{depth}_{widen}",
            builder="kdgraph.models.wide_resnet:WideResNet",
            about=f"wide residual network of {depth} layers, widened {widen} times",
            parameters=count,
            arguments={"depth": depth, "widen": widen},
            layout=_three_stages(16, 16 * widen, 32 * widen, 64 * widen),
        )


def _vggs() -> Iterator[Known]:
    sizes = {
        8: (3_965_028, (1, 1, 1, 1, 1)),
        11: (9_277_284, (1, 1, 2, 2, 2)),
        13: (9_462_180, (2, 2, 2, 2, 2)),
        16: (14_774_436, (2, 2, 3, 3, 3)),
        19: (20_086_692, (2, 2, 4, 4, 4)),
    }
    for depth, (count, repeats) in sizes.items():
        yield Known(
            name=f"vgg{depth}",
            builder="kdgraph.models.vgg:VGG",
            about=f"VGG with batch norm, {sum(repeats)} convolutions in five blocks",
            parameters=count,
            arguments={"repeats": repeats},
            layout=Layout(
                stem=(64, 1),
                stages=((128, 2), (256, 2), (512, 2), (512, 1)),
                features=512,
                pools=True,
                pools_tall=True,
            ),
        )


def _singles() -> Iterator[Known]:
    yield Known(
        name="ResNet50",
        builder="kdgraph.models.resnet50:ResNet50",
        about="ImageNet's bottleneck network of 50 layers with a stem for small images",
        parameters=23_705_252,
        layout=Layout(
            stem=(64, 1), stages=((256, 1), (512, 2), (1024, 2), (2048, 2)), features=2048
        ),
    )
    yield Known(
        name="MobileNetV2",
        builder="kdgraph.models.mobilenet_v2:MobileNetV2",
        about="inverted residuals at half width, strides for small images",
        parameters=812_836,
        layout=Layout(stem=(16, 2), stages=((12, 1), (16, 2), (48, 2), (160, 2)), features=1280),
    )
    yield Known(
        name="ShuffleV1",
        builder="kdgraph.models.shufflenet_v1:ShuffleNetV1",
        about="grouped 1x1 convolutions with channel shuffles, three groups",
        parameters=949_258,
        layout=Layout(stem=(24, 1), stages=((240, 2), (480, 2), (960, 2)), features=960),
    )
    yield Known(
        name="ShuffleV2",
        builder="kdgraph.models.shufflenet_v2:ShuffleNetV2",
        about="channel splits and shuffles, full width",
        parameters=1_355_528,
        layout=Layout(stem=(24, 1), stages=((116, 2), (232, 2), (464, 2)), features=1024),
    )


def _convnets() -> Iterator[Known]:
    sizes = {8: 496, 12: 1_009, 16: 1_702, 32: 6_274, 64: 24_058, 128: 94_186}
    for width, count in sizes.items():
        yield Known(
            name=f"convnet{width}",
            builder="kdgraph.models.convnet:ConvNet",
            about=f"three convolutions for 8x8 digits, {width} features",
            parameters=count,
            arguments={"width": width},
            layout=Layout(
                stem=(width // 4, 1),
                stages=((width // 4, 1), (width // 2, 1), (width, 2)),
                features=width,
                pools=True,
            ),
            sample=(10, 1),
        )


def _three_stages(stem: int, first: int, second: int, third: int) -> Layout:
    stages = ((first, 1), (second, 2), (third, 2))
    return Layout(stem=(stem, 1), stages=stages, features=third)


ZOO: Mapping[str, Known] = {
    known.name: known
    for family in (_resnets, _wide_resnets, _vggs, _singles, _convnets)
    for known in family()
}
