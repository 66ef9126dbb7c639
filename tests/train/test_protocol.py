from __future__ import annotations

import pytest
from pydantic import ValidationError

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.run import BadProtocolValue
from kdgraph.lang.protocol import Protocol, layered, resolve
from tests.train.small import evaluate


def test_the_default_is_the_protocol_of_the_cifar_tables():
    training = resolve(Protocol(), evaluate)

    assert (training.epochs, training.batch, training.lr) == (240, 64, 0.05)
    assert training.drops == (150, 180, 210)
    assert (training.momentum, training.nesterov, training.weight_decay) == (0.9, False, 5e-4)


@pytest.mark.parametrize(
    ("written", "epochs", "meant"),
    [
        (0.5, 12, 6),  # below 1: a share
        ("3/4", 12, 9),
        (7, 12, 7),  # from 1 on: epochs
        (1, 12, 1),
        ("epochs/24", 12, 0.5),  # an expression of epochs counts epochs, however small it is
        ("5/8·epochs", 12, 7.5),
        (0.29, 100, 29),  # 0.29 · 100 is 28.999… in floats
    ],
)
def test_a_duration_is_a_share_or_a_count(written, epochs, meant):
    protocol = Protocol(epochs=epochs, drops=(written,), warmup=written)

    training = resolve(protocol, evaluate)

    assert training.drops == (meant,)
    assert training.warmup == meant


def test_epochs_of_a_stage_are_an_expression_of_the_settings():
    training = resolve(Protocol(epochs="epochs/4", drops=("1/2",)), evaluate, epochs=240)

    assert training.epochs == 60
    assert training.drops == (30,)


def test_a_stage_has_at_least_one_epoch():
    assert resolve(Protocol(epochs="epochs/24"), evaluate, epochs=3).epochs == 1


def test_the_learning_rate_may_follow_the_batch():
    training = resolve(Protocol(batch=256, lr="0.05·batch/64"), evaluate)

    assert training.lr == pytest.approx(0.2)


def test_what_a_later_layer_sets_wins_and_groups_are_kept_by_part():
    setting = Protocol(lr=0.1, batch=32, groups={"head": {"lr": 0.01}})
    recipe = Protocol(lr=0.2, groups={"θ": {"weight_decay": 0}})

    both = layered(setting, recipe)

    assert (both.lr, both.batch) == (0.2, 32)
    assert set(both.groups) == {"head", "θ"}
    assert layered(setting, Protocol()) == setting


def test_a_layer_may_set_a_value_back_to_its_default():
    assert layered(Protocol(batch=32), Protocol(batch=64)).batch == 64


@pytest.mark.parametrize("wrong", [{"epoch": 3}, {"lr": True}, {"batch": 0}, {"lr": float("nan")}])
def test_what_is_not_a_protocol_is_refused(wrong):
    with pytest.raises(ValidationError):
        Protocol.model_validate(wrong)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"lr": -0.1}, "lr"),
        ({"momentum": 1}, "momentum"),
        ({"nesterov": True, "momentum": 0}, "nesterov"),
        ({"betas": (0.9, 1.0)}, "betas"),
        ({"epochs": 0}, "epochs"),
        ({"clip": 0}, "clip"),
        ({"drops": (-1,)}, "drops"),
        ({"groups": {"head": {"lr": -1}}}, "groups.head.lr"),
    ],
)
def test_a_number_that_cannot_be_used_is_a_diagnostic(wrong, field):
    with pytest.raises(RecipeError) as caught:
        resolve(Protocol.model_validate(wrong), evaluate)

    (mistake,) = caught.value.diagnostics
    assert isinstance(mistake, BadProtocolValue)
    assert mistake.field == field
