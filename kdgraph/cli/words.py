"""Commands and options that are not there are refused with what to write instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.ask import UnknownCommand, UnknownOption
from kdgraph.lang.errors.suggest import suggest

USAGE: type[Exception] = typer.BadParameter.__bases__[0]
"""what the parser of Typer, its own or Click's, raises of a command line it can't read"""
OTHER_NAMES = {"train": "run", "distill": "run", "draw": "viz", "plot": "viz", "help": "--help"}


class Command(TyperCommand):
    """A command that knows what its options are called elsewhere."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - as in Typer
        """Read the words after the command.

        Raises:
            RecipeError: one of them is an option that the command does not have.
        """
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except USAGE as error:
            option = getattr(error, "option_name", None)
            own = [one for made in self.get_params(ctx) for one in made.opts]
            if option is None or option in own:
                raise
            raise RecipeError(_unknown(option, words, own, str(self.name))) from None


class Group(TyperGroup):
    """Commands; one that is not there is refused with the nearest."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - as in Typer
        """Find the command that is asked for.

        Raises:
            RecipeError: there is none of that name.
        """
        name = args[0]
        if name not in self.commands and not name.startswith("-"):
            raise RecipeError(UnknownCommand(name=name, advice=_command(name, list(self.commands))))
        return super().resolve_command(ctx, args)


def _command(name: str, commands: Sequence[str]) -> str:
    if name.endswith(".kd"):
        return f"write what to do with it, as in `kdgraph run {name}`"
    known = OTHER_NAMES.get(name)
    if known:
        return f"write `kdgraph {known}`"
    return suggest(name, commands) or f"there are {', '.join(commands)}"


def _unknown(option: str, words: Sequence[str], own: Sequence[str], command: str) -> UnknownOption:
    from kdgraph.cli.options import advice

    value = ""
    for at, word in enumerate(words):
        if word == option:
            value = next((one for one in words[at + 1 : at + 2] if not one.startswith("-")), "")
        elif word.startswith(f"{option}="):
            value = word.partition("=")[2]
    told = advice(option, value, [one for one in own if one.startswith("--")], command)
    return UnknownOption(command=command, name=option, advice=told)
