"""What is wrong in a command as it was typed, told as any other error is: what, why, and a command that would do."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import typer

from outreach.errors import Complaint

# The library does not export the base of its errors of usage, nor those of a missing parameter and an unknown option.
USAGE_ERROR: Any = typer.BadParameter.__bases__[0]
_WRONG = 2
_FEW = 12
"""So many commands are named in an error."""


def told(exc: Any, typed: Sequence[str]) -> Complaint | None:
    """An error of usage in this program's words; None where it is the help itself, which has been printed.

    `typed` is the whole command line, for the errors that do not say whose they are.
    """
    name = type(exc).__name__
    if name == "NoArgsIsHelpError":
        return None
    ctx = exc.ctx
    if ctx is None:
        few = re.fullmatch(r"Option '(.*)' requires (?:an|(\d+)) arguments?\.?", exc.message)
        needs = few and (f"{few[2]} values" if few[2] else "a value")
        what = f"{few[1]} needs {needs} after it." if few else _sentence(exc.format_message())
        return Complaint(what, f"What it takes: {path_of(typed)} --help", code=_WRONG)
    if name == "MissingParameter" and exc.param is not None:
        return Complaint(f"{ctx.command_path} needs {_named(exc.param)}{_meaning(exc.param)}.", mend(ctx), code=_WRONG)
    if name == "NoSuchOption":
        return _no_option(ctx, exc)
    if isinstance(exc, typer.BadParameter) and exc.param is not None:
        return Complaint(f"{_named(exc.param)} {_fault(exc)}.", mend(ctx, exc.param), code=_WRONG)
    more = re.fullmatch(r"Got unexpected extra arguments? ?\(?s?\)? ?\((.*)\)", exc.message)
    what = f"{ctx.command_path} takes nothing like '{more[1]}'." if more else _sentence(exc.format_message())
    return Complaint(what, mend(ctx), code=_WRONG)


def path_of(typed: Sequence[str]) -> str:
    """The command in a command line, as its help is asked for: 'outreach', or 'outreach batch show'."""
    from outreach.cli import COMMANDS, load

    place = next((n for n, word in enumerate(typed) if word in COMMANDS), None)
    if place is None:
        return "outreach"
    name = typed[place]
    below = getattr(load(name, COMMANDS[name]), "commands", {})
    return " ".join(["outreach", name, *[word for word in typed[place + 1 :] if word in below][:1]])


def no_command(ctx: Any, args: Sequence[str], known: Sequence[str]) -> Complaint:
    """A name that is none of a group's commands: the nearest as it would be typed, or which there are."""
    what = f"{ctx.command_path} has no command '{args[0]}'."
    near = get_close_matches(args[0], known, n=1)
    if near:
        return Complaint(
            what, f"Did you mean: {shlex.join([*ctx.command_path.split(), near[0], *args[1:]])}", code=_WRONG
        )
    listed = f"It has: {', '.join(known)}. " if len(known) <= _FEW else ""
    return Complaint(what, f"{listed}See what each does: {ctx.command_path} --help", code=_WRONG)


def _no_option(ctx: Any, exc: Any) -> Complaint:
    known = [name for param in ctx.command.get_params(ctx) for name in (*param.opts, *param.secondary_opts)]
    near = get_close_matches(exc.option_name, [name for name in known if name.startswith("--")], n=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    what = f"{ctx.command_path} has no option {exc.option_name}."
    return Complaint(what, f"{meant}What it takes: {ctx.command_path} --help", code=_WRONG)


def mend(ctx: Any, wrong: Any = None) -> str:
    """An example of the command that is complete, or how it is written; and where all that it takes stands.

    An example that shows the parameter that was `wrong` comes before others.
    """
    example = (wrong and _example(ctx, wrong)) or _example(ctx)
    way = f"For instance: {example}" if example else f"Write it so: {_form(ctx)}"
    return f"{way}\nWhat it takes: {ctx.command_path} --help"


def _example(ctx: Any, also: Any = None) -> str | None:
    """The first example under the command's help, or its group's, that has all that the command needs, and `also`."""
    params = ctx.command.get_params(ctx)
    needed = [param.opts for param in params if _is_option(param) and (param.required or param is also)]
    above = ctx.parent.command.epilog if ctx.parent is not None else None
    text = re.sub(r" \\\n +", " ", f"{ctx.command.epilog or ''}\n{above or ''}")
    for line in text.split("\n"):
        command = re.split(r"\s{2,}", line.strip())[0]
        words = command.split()
        mine = command == ctx.command_path or command.startswith(f"{ctx.command_path} ")
        if mine and all(any(one in words for one in names) for names in needed):
            return command
    return None


def _form(ctx: Any) -> str:
    """The command with what it needs: 'outreach replies correct ID --reason TEXT'."""
    parts = [ctx.command_path]
    needed = [param for param in ctx.command.get_params(ctx) if param.required]
    parts += [_named(param) for param in needed if not _is_option(param)]
    parts += [f"{param.opts[0]} {(param.metavar or 'TEXT').upper()}" for param in needed if _is_option(param)]
    return " ".join(parts)


def _is_option(param: Any) -> bool:
    return bool(param.param_type_name == "option")


def _named(param: Any) -> str:
    """An option by its longest name, an argument as the help writes it."""
    if _is_option(param):
        return str(max(param.opts, key=len))
    return str(param.metavar or param.name).upper()


def _meaning(param: Any) -> str:
    """What the help says of it, as the rest of a sentence."""
    said = (param.help or "").strip().rstrip(".")
    plain = said[1:2].islower() or said[1:2] == " "
    return f": {said[0].lower() if plain else said[0]}{said[1:]}" if said else ""


def _fault(exc: Any) -> str:
    """What is wrong with the value, as the rest of a sentence after the parameter's name."""
    for fault in getattr(exc.__cause__, "errors", list)():
        given, bounds = fault["input"], fault.get("ctx") or {}
        if fault["type"].startswith(("int_", "float_")):
            return f"is to be a {'whole ' if fault['type'].startswith('int_') else ''}number, not '{given}'"
        if "ge" in bounds:
            return f"is to be {bounds['ge']} or more, not {given}"
        if "le" in bounds:
            return f"is to be {bounds['le']} or less, not {given}"
    found = re.fullmatch(r"(?:Value error, )?('.*') is not one of (.*?)\.?", exc.message, re.DOTALL)
    if found:
        return f"cannot be {found[1]}; it is one of {found[2].replace(chr(39), '')}"
    return f"is wrong: {exc.message.removeprefix('Value error, ').rstrip('.')}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
