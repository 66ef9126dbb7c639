"""Options and commands that are not there are answered with what to write."""

from __future__ import annotations

import signal

import pytest
from typer.testing import CliRunner

from kdgraph import cli
from kdgraph.cli import app
from kdgraph.lang.diagnostics import RecipeError


def said(*words: str) -> str:
    result = CliRunner().invoke(app(), list(words))

    assert isinstance(result.exception, RecipeError), result.output
    return str(result.exception)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (["--epochs", "3"], "write `--set train.epochs=3`"),
        (["--epochs=3"], "write `--set train.epochs=3`"),
        (["--num_epochs", "3"], "write `--set train.epochs=3`"),
        (["--epochs"], "write `--set train.epochs=…`"),
        (["--lr", "0.1"], "write `--set train.lr=0.1`"),
        (["--batch-size", "128"], "write `--set train.batch=128`"),
        (["--weight-decay", "1e-4"], "write `--set train.weight_decay=1e-4`"),
        (["--model", "resnet8"], "write `--set models.student=resnet8`"),
        (["--teacher", "resnet56"], "write `--set models.teacher=resnet56`"),
        (["--dataset", "cifar10"], "write `--on cifar10`; `kdgraph list settings` names"),
        (["--gpus", "2"], "write `--devices 2`"),
        (["--output-dir", "here"], "write `--out here`"),
        (["--T", "2"], "write `--set T=2` where the recipe has a name `T`"),
        (["--sead", "2"], "did you mean `--seed`?"),
        (["--verbose"], "`kdgraph run --help` names the options"),
    ],
)
def test_an_option_that_others_have_is_answered_with_ours(written, told):
    message = said("run", "kd", *written)

    assert message.startswith(f"error[KD335]: `kdgraph run` has no option `{written[0][:8]}")
    assert told in message


def test_what_a_command_can_not_take_is_not_advised():
    assert "--set" not in said("list", "--lr", "0.1")
    assert "write `--as graph`" in said("show", "kd", "--format", "graph")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("chekc", "did you mean `check`?"),
        ("train", "write `kdgraph run`"),
        ("kd.kd", "write what to do with it, as in `kdgraph run kd.kd`"),
        ("zzz", "there are run, compare, probe, check, viz, show, list, explain"),
    ],
)
def test_an_unknown_command_is_answered_with_those_there_are(written, told):
    message = said(written)

    assert message == f"error[KD336]: kdgraph has no command `{written}`\n = help: {told}"


def test_an_option_without_its_value_is_still_told_by_the_parser():
    result = CliRunner().invoke(app(), ["run", "kd", "--out"])

    assert result.exit_code == 2
    assert "requires an argument" in result.output


def test_h_is_help():
    assert CliRunner().invoke(app(), ["run", "-h"]).output.startswith("Usage:")


def test_ctrl_c_ends_a_command_at_once_while_there_is_nothing_to_lose(monkeypatch):
    seen = []
    monkeypatch.setattr(cli, "app", lambda: lambda: seen.append(signal.getsignal(signal.SIGINT)))
    before = signal.getsignal(signal.SIGINT)

    cli.main()

    assert seen == [signal.SIG_DFL]
    assert signal.getsignal(signal.SIGINT) is before
