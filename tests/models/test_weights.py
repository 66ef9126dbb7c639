"""Weights from files: what loads, and what is said of those that do not."""

from __future__ import annotations

import argparse
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.models.build import build
from kdgraph.models.weights import load_weights

State = dict[str, Tensor]


def network(classes: int = 10, *, name: str = "convnet8") -> nn.Module:
    return build(name, classes, channels=1)


def refusal(path: Path, onto: nn.Module | None = None) -> str:
    """What is said of a file, while nothing in the network moves."""
    onto = network() if onto is None else onto
    before = {name: value.clone() for name, value in onto.state_dict().items()}
    with pytest.raises(RecipeError) as refused:
        load_weights(onto, str(path))
    assert all(torch.equal(before[name], value) for name, value in onto.state_dict().items())
    return str(refused.value)


@pytest.mark.parametrize(
    ("file", "save"),
    [
        ("a.safetensors", save_file),
        ("a.pth", torch.save),
        ("a.pt", lambda state, path: torch.save({"model": state, "epoch": 3}, path)),
        ("a.ckpt", lambda state, path: torch.save({"state_dict": state, "best": 0.5}, path)),
        (
            "a.tar",
            lambda state, path: torch.save({f"module.{k}": v for k, v in state.items()}, path),
        ),
        (
            "old.pth",
            lambda state, path: torch.save(state, path, _use_new_zipfile_serialization=False),
        ),
        (
            "papers.pth",
            lambda state, path: torch.save({"opt": argparse.Namespace(lr=1), "model": state}, path),
        ),
    ],
)
def test_state_dicts_load_from_every_place_they_are_kept(
    file: str, save: Callable[[State, Path], None], tmp_path: Path
) -> None:
    source, target = network(), network()
    source(torch.randn(4, 1, 8, 8))  # moves the running statistics
    save(source.state_dict(), tmp_path / file)
    load_weights(target, str(tmp_path / file))

    assert all(map(torch.equal, source.state_dict().values(), target.state_dict().values()))


def test_files_older_than_the_batch_counter_load(tmp_path: Path) -> None:
    source, target = network(), network()
    state = {k: v for k, v in source.state_dict().items() if "num_batches" not in k}
    save_file(state, tmp_path / "a.safetensors")
    load_weights(target, str(tmp_path / "a.safetensors"))

    assert torch.equal(target.conv1.weight, source.conv1.weight)


def test_a_missing_file_is_named_with_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "teacher.pth").touch()
    text = refusal(tmp_path / "techer.pth")

    assert text.startswith("error[KD650]: no weights at")
    assert "did you mean `teacher.pth`?" in text


def test_a_folder_is_no_file_of_weights(tmp_path: Path) -> None:
    assert "KD650" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("a.safetensors", b"these are no tensors"),
        ("a.pth", b"these are no tensors"),
        ("empty.pth", b""),
        ("torn.pth", b"PK\x03\x04torn"),
        ("torn.pt", b"\x80\x02torn"),
    ],
)
def test_files_of_other_kinds_are_refused(file: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / file).write_bytes(content)
    text = refusal(tmp_path / file)

    assert text.startswith("error[KD651]:")
    assert "cannot be read as" in text
    assert "weights_only" not in text


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.pth", "w") as archive:
        archive.writestr("notes/readme.txt", "hello")

    assert "KD651" in refusal(tmp_path / "a.pth")


class Spy:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.mark),)


def test_code_in_a_checkpoint_is_refused_and_never_runs(tmp_path: Path) -> None:
    torch.save(
        {"model": network().state_dict(), "extra": Spy(tmp_path / "ran")}, tmp_path / "a.pth"
    )
    text = refusal(tmp_path / "a.pth")

    assert text.startswith("error[KD652]:")
    assert "mkdir" in text
    assert not (tmp_path / "ran").exists()


def test_a_pickled_network_is_named_by_its_class(tmp_path: Path) -> None:
    torch.save(network(), tmp_path / "a.pth")

    assert "kdgraph.models.convnet.ConvNet" in refusal(tmp_path / "a.pth")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"epoch": 3, "acc": 0.5}, "`epoch`, `acc`"),
        (torch.zeros(3), "one `Tensor`"),
        ({}, "holds nothing"),
        ({"model": {"epoch": 3}}, "`model`"),
    ],
)
def test_a_checkpoint_without_a_state_dict_says_what_it_holds(
    content: object, words: str, tmp_path: Path
) -> None:
    torch.save(content, tmp_path / "a.pth")
    text = refusal(tmp_path / "a.pth")

    assert text.startswith("error[KD653]:")
    assert words in text


def test_weights_of_another_network_are_named_both_ways(tmp_path: Path) -> None:
    torch.save(network(name="resnet8").state_dict(), tmp_path / "a.pth")
    text = refusal(tmp_path / "a.pth")

    assert text.startswith("error[KD654]:")
    assert "missing from the file: `conv2.weight` 4×2×3×3, `bn2.weight` 4" in text
    assert "not known to the network: `layer1.0.conv1.weight` 16×16×3×3" in text
    assert " more" in text
    assert "error[KD655]" in text  # the names they share differ in size


def test_weights_of_another_width_are_named_with_both_sizes(tmp_path: Path) -> None:
    torch.save(network(name="convnet16").state_dict(), tmp_path / "a.pth")
    text = refusal(tmp_path / "a.pth")

    assert text.startswith("error[KD655]:")
    assert "`conv1.weight` is 4×1×3×3, not 2×1×3×3" in text


def test_weights_for_other_classes_are_told_by_the_classifier(tmp_path: Path) -> None:
    torch.save(network(100).state_dict(), tmp_path / "a.pth")
    text = refusal(tmp_path / "a.pth")

    assert text.startswith("error[KD656]:")
    assert "are for 100 classes, the data has 10" in text
    assert "`fc.weight` has 100 rows" in text


def moved(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    made = network()
    made(torch.randn(4, 1, 8, 8))
    return made


def prefixed(state: State, prefix: str) -> State:
    return {f"{prefix}{name}": one for name, one in state.items()}


def loads(content: object, tmp_path: Path, part: str = "") -> nn.Module:
    target = network()
    torch.save(content, tmp_path / "a.pt")
    load_weights(target, f"{tmp_path / 'a.pt'}{part}")
    return target


def same(one: nn.Module, other: nn.Module) -> bool:
    return all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))


@pytest.mark.parametrize(
    "prefix",
    ["module.", "model.", "_orig_mod.", "net.", "student.", "module.model.", "module._orig_mod.",
     "backbone.", "encoder_q."],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_what_stands_before_all_names_is_taken_off(prefix, suffix, tmp_path):
    source, target, path = moved(), network(), tmp_path / f"a{suffix}"
    state = prefixed(source.state_dict(), prefix)
    save_file(state, path) if suffix == ".safetensors" else torch.save(state, path)
    load_weights(target, str(path))

    assert same(source, target)


@pytest.mark.parametrize(
    "key",
    ["model_state_dict", "state_dict", "model", "ema", "state_dict_ema", "model_ema", "net",
     "network", "params", "params_ema", "student"],
)  # fmt: skip
def test_a_state_may_be_under_any_key(key, tmp_path):
    source = moved()
    content = {
        key: source.state_dict(),
        "optimizer": torch.optim.Adam(source.parameters()).state_dict(),
        "epoch": 3,
        "best": torch.tensor(0.5),
    }

    assert same(source, loads(content, tmp_path))


def test_a_checkpoint_of_lightning_loads(tmp_path):
    source = moved()
    state = prefixed(source.state_dict(), "model.") | {"criterion.weight": torch.ones(10)}
    content = {
        "state_dict": state, "optimizer_states": [], "hyper_parameters": {"lr": 0.1}, "loops": {}
    }  # fmt: skip

    assert same(source, loads(content, tmp_path))


def test_an_average_of_a_wrapped_network_loads_without_its_counter(tmp_path):
    source = moved()
    averaged = torch.optim.swa_utils.AveragedModel(nn.DataParallel(source))

    assert "n_averaged" in averaged.state_dict()
    assert same(source, loads(averaged.state_dict(), tmp_path))


def test_wrappers_inside_are_taken_off_too(tmp_path):
    source = moved()
    state = {
        name.replace("conv2.", "conv2._orig_mod."): one for name, one in source.state_dict().items()
    }

    assert same(source, loads(state, tmp_path))


def test_counters_beside_the_tensors_are_left_out(tmp_path):
    source = moved()
    state = source.state_dict() | {"epoch": torch.tensor(3), "step": 17, "note": "late"}

    assert same(source, loads(state, tmp_path))


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (lambda a, b: {"model": a, "ema": b}, ("model", "ema")),
        (lambda a, b: {"state_dict": a, "state_dict_ema": b}, ("state_dict", "state_dict_ema")),
        (
            lambda a, b: {"state_dict": prefixed(a, "student.") | prefixed(b, "teacher.")},
            ("state_dict.student", "state_dict.teacher"),
        ),
        (
            lambda a, b: prefixed(a, "module.q.") | prefixed(b, "module.k."),
            ("module.q", "module.k"),
        ),
        (lambda a, b: {"a": {"model": a}, "b": {"model": b}}, ("a.model", "b.model")),
    ],
)
def test_of_several_states_the_user_chooses(content, names, tmp_path):
    first, second = moved(0), moved(1)
    whole = content(first.state_dict(), second.state_dict())
    torch.save(whole, tmp_path / "a.pt")
    text = refusal(tmp_path / "a.pt")

    assert text.startswith("error[KD664]:")
    assert all(f"`{tmp_path / 'a.pt'}#{name}`" in text for name in names)
    for source, name in zip((first, second), names, strict=True):
        assert same(source, loads(whole, tmp_path, f"#{name}"))


def test_a_prefix_may_be_named_without_the_key_it_is_under(tmp_path):
    first, second = moved(0), moved(1)
    both = prefixed(first.state_dict(), "student.") | prefixed(second.state_dict(), "teacher.")

    assert same(second, loads({"state_dict": both}, tmp_path, "#teacher"))


def test_one_state_that_is_there_twice_is_no_choice(tmp_path):
    source = moved()
    content = {"model": source.state_dict(), "net": dict(source.state_dict())}

    assert same(source, loads(content, tmp_path))


def test_of_two_networks_the_one_of_the_right_size_is_meant(tmp_path):
    source, larger = moved(), network(name="convnet16")
    content = {"teacher": larger.state_dict(), "student": source.state_dict()}

    assert same(source, loads(content, tmp_path))


def test_a_part_that_is_not_there_is_a_mistake(tmp_path):
    torch.save({"model": network().state_dict()}, tmp_path / "a.pt")
    text = refusal(tmp_path / "a.pt#ema")

    assert text.startswith(f"error[KD653]: no state dict in `{tmp_path / 'a.pt'}#ema`")
    assert "the file holds `model`" in text


def test_a_file_may_have_the_sign_in_its_name(tmp_path):
    source, target = moved(), network()
    torch.save(source.state_dict(), tmp_path / "a#1.pt")
    load_weights(target, str(tmp_path / "a#1.pt"))

    assert same(source, target)


def test_names_that_do_not_fit_are_told_without_what_stands_before_all(tmp_path):
    state = network(name="resnet8").state_dict()
    torch.save(prefixed(state, "module."), tmp_path / "a.pth")

    assert "`layer1.0.conv1.weight` 16×16×3×3" in refusal(tmp_path / "a.pth")


def test_a_missing_weight_behind_a_prefix_is_named(tmp_path):
    state = prefixed(moved().state_dict(), "net.")
    del state["net.conv2.weight"]
    torch.save(state, tmp_path / "a.pth")
    text = refusal(tmp_path / "a.pth")

    assert "missing from the file: `conv2.weight` 4×2×3×3\n" in text
    assert "not known to the network: none" in text


def quantised(one: Tensor) -> Tensor:
    return torch.quantize_per_tensor(one, 0.1, 0, torch.qint8)


@pytest.mark.filterwarnings("ignore")  # PyTorch's own, of kinds that it will drop
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda one: one.flatten(1).to_sparse(), "sparse"),
        (lambda one: one.flatten(1).to_sparse_csr(), "sparse"),
        (quantised, "quantised"),
        (lambda one: one.to(torch.complex64), "complex"),
        (lambda one: (one * 100).to(torch.int8), "of whole numbers (`torch.int8`)"),
        (lambda one: one > 0, "of whole numbers (`torch.bool`)"),
        (lambda one: one.to("meta"), "without numbers"),
    ],
    ids=["coo", "csr", "quantised", "complex", "int8", "bool", "meta"],
)
def test_tensors_of_another_kind_are_refused(change, words, tmp_path):
    state = moved().state_dict()
    state["conv1.weight"] = change(state["conv1.weight"])
    torch.save(state, tmp_path / "a.pth")
    text = refusal(tmp_path / "a.pth")

    assert text.startswith("error[KD666]: `conv1.weight` in")
    assert words in text


@pytest.mark.parametrize("kind", [torch.int8, torch.bool, torch.uint8])
def test_whole_numbers_in_safetensors_are_refused_too(kind, tmp_path):
    state = {name: one.to(kind) for name, one in moved().state_dict().items()}
    save_file(state, tmp_path / "a.safetensors")

    assert refusal(tmp_path / "a.safetensors").startswith("error[KD666]:")


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_another_precision_is_taken(kind, tmp_path):
    source = moved()
    state = {
        name: one.to(kind) if one.is_floating_point() else one
        for name, one in source.state_dict().items()
    }
    target = loads(state, tmp_path)

    torch.testing.assert_close(target.conv1.weight, source.conv1.weight.to(kind).float())
