"""`kdgraph.student`: what a run has trained, from pixels to logits, as the table says it."""

from __future__ import annotations

import copy
import json
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file

import kdgraph
from kdgraph.data.load import load
from kdgraph.experiment import examine
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.models.build import build
from tests.end_to_end.command import CHECKOUT, Here, tiny

MUTUAL = """\
loss: cross_entropy(student.logits, y) + cross_entropy(peer.logits, y)
stages: [{name: both, trains: [student, peer]}]
"""
LIGHT = """\
loss: cross_entropy(student(l).logits, y)
views: {seen: flip(image), l: luminance(seen)}
"""
PLUGIN = '''\
import kdgraph
from torch import nn


@kdgraph.network
def plain_net(classes: int, *, channels: int = 3) -> nn.Module:
    """One convolution."""
    return nn.Sequential(nn.Conv2d(channels, classes, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
'''
WORDS = ("--on", "tiny.yaml", "--no-alone", "--quiet")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    return tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("cache")


@pytest.fixture
def at(lab, monkeypatch, capsys):
    """`kdgraph` in a folder with a run of two learners and two seeds."""
    folder, cache = lab
    monkeypatch.chdir(folder)
    monkeypatch.setenv("KDGRAPH_CACHE", str(cache))
    here = Here(monkeypatch, capsys)
    if not (folder / "runs").exists():
        tiny(folder)
        (folder / "two.kd").write_text(MUTUAL)
        (folder / "light.kd").write_text(LIGHT)
        (folder / "own_net.py").write_text(PLUGIN)
        assert here("run", "ce", *WORDS)[0] == 0
        peer = ("--set", "models.peer=convnet16")
        assert here("run", "two.kd", *WORDS, *peer, "--seeds", "2")[0] == 0
        assert here("run", "light.kd", *WORDS, "--set", "data.channels=3")[0] == 0
    return here


def held_out(**values):
    return load(examine("ce", "tiny.yaml", values).data).test


def share(student, images, test):
    with torch.no_grad():
        return (student(images).argmax(1) == test.labels).double().mean().item()


def told(folder, name="student"):
    rows = json.loads((folder / "result.json").read_text())["table"]
    return next(row["last"] for row in rows if row["name"] == name)


@pytest.mark.usefixtures("at")
@pytest.mark.parametrize("kind", [torch.uint8, torch.float32, torch.float64])
def test_it_is_as_right_as_the_table_says(lab, kind):
    student, test = kdgraph.student("runs/ce"), held_out()
    images = test.pixels if kind == torch.uint8 else test.pixels.to(kind) / 255

    assert not student.training
    assert share(student, images, test) == pytest.approx(told(lab[0] / "runs/ce")[0], abs=1e-12)


@pytest.mark.usefixtures("at")
def test_it_knows_what_it_takes_and_gives(lab):
    student = kdgraph.student(lab[0] / "runs/ce")
    split = load(examine("ce", "tiny.yaml").data)

    assert (student.mean, student.std) == (split.mean, split.std)
    assert (student.model, student.channels, student.size) == ("convnet8", 1, (8, 8))
    assert (student.classes, student.names) == (4, split.train.names)
    assert "convnet8: 1×8×8 → 4" in repr(student)


@pytest.mark.usefixtures("at")
def test_its_network_is_the_one_in_the_file(lab):
    kept = load_file(lab[0] / "runs/ce/student.safetensors")
    found = kdgraph.student("runs/ce").network.state_dict()

    assert kept.keys() == found.keys()
    assert all(torch.equal(kept[name], found[name]) for name in kept)


@pytest.mark.usefixtures("at")
def test_every_learner_of_every_seed_is_there(lab):
    test = held_out()
    for name in ("student", "peer"):
        for seed in (0, 1):
            found = kdgraph.student(f"runs/two/seed-{seed}", name=name)
            wanted = told(lab[0] / "runs/two", name)[seed]
            assert share(found, test.pixels, test) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.usefixtures("at")
@pytest.mark.parametrize("scale", [1, 255])
def test_one_that_was_taught_on_another_view_makes_that_view_itself(lab, scale):
    student, test = kdgraph.student("runs/light"), held_out(**{"data.channels": "3"})
    images = test.pixels if scale == 1 else test.pixels / scale

    assert (student.channels, len(student.mean)) == (3, 1)
    assert share(student, images, test) == pytest.approx(told(lab[0] / "runs/light")[0], abs=1e-12)


@pytest.mark.usefixtures("at")
@pytest.mark.parametrize(
    ("folder", "name", "reason"),
    [
        ("runs/c", "student", "there is no such folder"),
        ("runs", "student", "it is no run"),
        ("runs/ce/student.safetensors", "student", "it is a file"),
        ("runs/ce", "peer", "it has `student`"),
        ("runs/two", "student", "a run for each seed: `runs/two/seed-0`, `runs/two/seed-1`"),
    ],
)
def test_a_folder_without_it_says_what_it_has(folder, name, reason):
    with pytest.raises(RecipeError) as caught:
        kdgraph.student(folder, name=name)

    (mistake,) = caught.value.diagnostics
    assert mistake.code == "KD695"
    assert reason in mistake.reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"no tensors", "is damaged"), (None, "does not say what it is")],
)
def test_a_file_that_is_no_students_is_a_mistake(tmp_path, content, reason):
    file = tmp_path / "student.safetensors"
    if content is None:
        save_file(build("convnet8", 4).state_dict(), file)
    else:
        file.write_bytes(content)
    with pytest.raises(RecipeError, match=f"`student.safetensors` {reason}"):
        kdgraph.student(tmp_path)


@pytest.mark.usefixtures("at")
def test_a_run_that_is_not_finished_says_so(lab):
    unfinished = lab[0] / "unfinished"
    unfinished.mkdir()
    (unfinished / "config.yaml").write_text("data: {name: digits}\n")
    with pytest.raises(RecipeError, match="it is not finished"):
        kdgraph.student(unfinished)


def test_a_network_of_a_plugin_has_to_be_imported_first(at, lab):
    net = ("--plugin", "own_net.py", "--set", "models.student=plain_net")
    assert at("run", "ce", *WORDS, *net, "--out", "own")[0] == 0
    ask = (
        "import kdgraph; print(kdgraph.student('own')(__import__('torch').rand(2, 1, 8, 8)).shape)"
    )
    code = {"bare": ask, "imported": f"import sys; sys.path.insert(0, '.'); import own_net; {ask}"}
    done = {
        name: subprocess.run(
            [sys.executable, "-c", text], cwd=lab[0], capture_output=True, text=True, check=False,
            env={"PYTHONPATH": str(CHECKOUT), "PATH": "", "OMP_NUM_THREADS": "1"},
        )
        for name, text in code.items()
    }  # fmt: skip

    assert "error[KD621]" in done["bare"].stderr
    assert "`plain_net`, which is not known here" in done["bare"].stderr
    assert done["imported"].stdout == "torch.Size([2, 4])\n", done["imported"].stderr


@pytest.mark.usefixtures("at")
@pytest.mark.parametrize(
    ("images", "kind", "words"),
    [
        (torch.rand(1, 8, 8), ValueError, r"images are \(b, 1, h, w\), not \(1, 8, 8\)"),
        (torch.rand(2, 3, 8, 8), ValueError, r"not \(2, 3, 8, 8\)"),
        (torch.ones(2, 1, 8, 8).long(), TypeError, "not int64"),
        (torch.ones(2, 1, 8, 8).bool(), TypeError, "not bool"),
        (torch.full((2, 1, 8, 8), 255.0), ValueError, "go from 255 to 255"),
        (torch.full((2, 1, 8, 8), -1.9), ValueError, "normalised by the student itself"),
    ],
)
def test_what_are_no_pixels_is_refused(images, kind, words):
    with pytest.raises(kind, match=words):
        kdgraph.student("runs/ce")(images)


@pytest.mark.usefixtures("at")
def test_it_can_be_copied_compiled_and_teach():
    student, x = kdgraph.student("runs/ce"), torch.rand(4, 1, 8, 8)
    whole = torch.compile(student, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(whole(x), student(x))
    torch.testing.assert_close(copy.deepcopy(student)(x), student(x))

    models = {"teacher": student, "student": build("convnet8", 4, channels=1)}
    text = "loss: kd(teacher.logits ‖ student.logits) + mse(teacher.maps[1] ‖ student.maps[1])\n"
    step = kdgraph.compile(text, models=models, sample=x)
    assert step(x, torch.zeros(4).long()).total.isfinite()


def test_what_a_network_does_to_its_input_goes_with_its_weights(tmp_path):
    from kdgraph.models.weights import load_weights
    from kdgraph.train import atomic
    from kdgraph.train.exported import facts_beside

    network = torch.nn.Sequential(torch.nn.Linear(2, 2))
    network.transform_input = True
    about = facts_beside(network, load(examine("ce", "digits", {"data.limit": "20"}).data).train)
    atomic.write_tensors(tmp_path / "it.safetensors", network.state_dict(), about)
    again = torch.nn.Sequential(torch.nn.Linear(2, 2))
    again.transform_input = False
    load_weights(again, str(tmp_path / "it.safetensors"))

    assert again.transform_input is True


def test_importing_kdgraph_loads_no_torch():
    asked = (
        "import sys, kdgraph; assert 'student' in kdgraph.__all__; print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
