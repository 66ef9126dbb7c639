"""`condense:` in numbers: what it takes, and when rounds come."""

from __future__ import annotations

import pytest

import kdgraph
from kdgraph.experiment import examine
from kdgraph.lang.condense import Condensing, condensing
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.print_recipe import recipe_text

VALUE = "entropy(softmax(student.logits))"


def recipe(*lines):
    keys = "".join(f"  {line}\n" for line in lines)
    return f"extends: kd.kd\ncondense:\n{keys}"


def codes(text, **values):
    return [one.code for one in kdgraph.check(text, set=values)]


def read(*lines, epochs=240):
    return condensing(kdgraph.load(recipe(f"value: {VALUE}", *lines)), epochs)


def test_a_value_is_enough():
    assert read() == Condensing(
        rounds=6, every=40.0, keep=0.7, mix=0.3, cost=0.03, warmup=0.0, form="code"
    )


def test_rounds_are_spread_over_the_epochs_where_every_is_not_said():
    assert read("rounds: 4", epochs=20).every == 5.0


@pytest.mark.parametrize(
    ("written", "epochs"),
    [("epochs/6", 40.0), ("1/6", 40.0), ("40", 40.0), ("epochs - 236", 4.0), ("epochs/480", 0.5)],
)
def test_durations_are_epochs_or_below_one_a_share_of_them(written, epochs):
    assert read(f"every: {written}").every == pytest.approx(epochs)


@pytest.mark.parametrize(
    "line",
    [
        "keep: 0", "keep: 1.1", "keep: -0.5", "rounds: 0", "rounds: 2.5", "every: 0", "every: -1",
        "mix: 1.5", "mix: -0.1", "warmup: -1", "form: papers", "form: 2",
    ],
)  # fmt: skip
def test_what_is_out_of_range_is_refused_at_its_place(line):
    (mistake,) = kdgraph.check(recipe(f"value: {VALUE}", line))

    assert mistake.code == "KD542"
    assert mistake.span.text == line.split(": ")[1]


def test_all_mistakes_are_told_at_once():
    text = recipe(f"value: {VALUE}", "keep: 2", "rounds: 0", "mix: epoch")

    assert sorted(codes(text)) == ["KD301", "KD542", "KD542"]


def test_a_recipe_that_condenses_says_by_what():
    assert codes(recipe("keep: 0.7")) == ["KD540"]
    assert codes("kd", **{"condense.keep": 0.5}) == ["KD540"]


def test_some_stage_has_to_train_the_student():
    text = (
        f"modules: {{head: 'linear(width, classes)'}}\ncondense: {{value: {VALUE}}}\nstages:\n"
        "  - {name: a, trains: [head], loss: 'cross_entropy(head(teacher.features), y)'}\n"
    )

    assert "KD543" in codes(text)


def test_only_the_stages_that_train_the_student_condense():
    text = (
        f"modules: {{head: 'linear(width, classes)'}}\ncondense: {{value: {VALUE}}}\nstages:\n"
        "  - {name: a, trains: [head], loss: 'cross_entropy(head(teacher.features), y)'}\n"
        "  - {name: b, loss: 'kd(head(teacher.features) ‖ student.logits)', epochs: epochs/2}\n"
    )
    experiment = examine(kdgraph.load(text))
    (first, one), (second, two) = experiment.analysis.stages

    assert experiment.condensing(first) is None
    assert "condense" not in one.graph.outputs
    assert experiment.condensing(second).every == pytest.approx(10 / 6)
    assert "condense" in two.graph.outputs


def test_an_image_of_several_views_is_worth_what_its_upright_one_is():
    experiment = examine("kcd-sskd")
    (head, one), (student, two) = experiment.analysis.stages
    graph = two.graph
    (tap,) = set(graph.find("tap")) & graph.reach(graph.outputs["condense"])
    (view,) = graph.sources(tap)

    assert experiment.errors == ()
    assert "condense" not in one.graph.outputs
    assert graph.node(tap).op.knob("model") == "student"
    assert graph.node(view).op.knob("name") == "x"
    assert experiment.condensing(head) is None
    assert experiment.condensing(student) is not None


def test_keys_are_set_on_the_command_line():
    experiment = examine("kcd", values={"condense.keep": "0.5", "condense.form": "paper"})
    how = experiment.condensing(experiment.analysis.stages[0][0])

    assert (how.keep, how.form, how.rounds) == (0.5, "paper", 6)
    with pytest.raises(RecipeError, match="did you mean `keep`"):
        kdgraph.load("kcd", set={"condense.kepe": 0.5})


def test_it_is_printed_and_reads_back():
    text = recipe_text(kdgraph.load(recipe(f"value: {VALUE}", "every: epochs/6", "form: paper")))
    lines = text[text.index("condense:") :].splitlines()[:4]

    assert lines == [
        "condense:", f"  value: {VALUE}", "  every: epochs/6", "  form: paper",
    ]  # fmt: skip
    assert recipe_text(kdgraph.load(text)) == text


def test_a_recipe_that_extends_another_replaces_the_whole_section():
    made = kdgraph.load(f"extends: kcd.kd\ncondense: {{value: {VALUE}, rounds: 3}}")

    assert list(made.condense) == ["value", "rounds"]


@pytest.mark.parametrize(
    ("every", "warmup", "epochs"),
    [
        (40, 0, [40, 80, 120, 160, 200, 240]),
        (40, 100, [120, 160, 200, 240]),
        (70, 0, [70, 140, 210]),
        (100 / 3, 0, [34, 67, 100, 134, 167, 200, 234]),
    ],
)
def test_a_round_waits_for_the_end_of_its_epoch(every, warmup, epochs):
    how = Condensing(every=every, warmup=warmup)

    assert [one for one in range(1, 241) if how.is_due(one)] == epochs


def test_six_rounds_are_six_however_many_epochs_there_are():
    for epochs in range(1, 300):
        how = Condensing(every=epochs / 6)

        assert sum(how.is_due(one) for one in range(1, epochs + 1)) == min(6, epochs)
        assert how.is_due(epochs)


def test_on_digits_five_rounds_change_what_is_trained():
    experiment = examine("kcd")
    stage, _ = experiment.analysis.stages[0]
    lengths = experiment.condensing(stage).lengths(1257, experiment.training(stage).epochs)

    assert sorted(set(lengths), reverse=True) == [1257, 1195, 1133, 1071, 1009, 947]
    assert len(lengths) == 20
