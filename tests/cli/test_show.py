"""`kdgraph show` tells what became of a recipe, in five forms."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from kdgraph.cli import app

FORMS = {
    "graph": "built: 16 nodes, each with its line of kd.kd\n\n%0 = input(name=x)",
    "plan": "kd.kd: teacher ",
    "latex": "% Distilling the knowledge in a neural network, arXiv:1503.02531\n\\begin{align*}",
    "python": "from kdgraph.losses import divergence, probability, supervised\n",
    "taps": "teacher: ",
}


def shown(*words: str):
    return CliRunner().invoke(app(), ["show", *words])


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_shown(form):
    result = shown("kd", "--as", form)

    assert result.exit_code == 0, result.output
    assert result.output.startswith(FORMS[form])
    assert result.output.endswith("\n")


def test_the_plan_is_what_is_shown_without_a_form():
    assert shown("kd").output == shown("kd", "--as", "plan").output


def test_values_of_the_command_line_are_in_what_is_shown():
    assert "weight α = 0.5; trains student" in shown("kd", "--set", "α=0.5").output
    assert "kd / 2.0" not in shown("kd", "--as", "python").output
    assert "/ 2.0" in shown("kd", "--as", "python", "--set", "T=2").output


def test_a_real_plan_counts_parameters():
    result = shown("icd", "--real")

    assert result.exit_code == 0, result.output
    assert re.search(r"t\.linear  linear \d+→128, [\d,]+ parameters\n", result.output)


def test_an_unknown_form_is_refused_with_those_there_are():
    result = shown("kd", "--as", "pdf")

    assert result.exit_code == 2
    assert "'graph', 'plan', 'python', 'latex', 'taps'" in " ".join(result.output.split())


@pytest.mark.parametrize("form", ["graph", "plan", "latex"])
def test_what_needs_no_network_loads_no_torch(form):
    code = (
        "import sys\nfrom kdgraph.cli import main\n"
        f"sys.argv = ['kdgraph', 'show', 'icd', '--as', {form!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
