"""The account in the terminal: the prompt in its owners' colours, on stderr.

Where there are no colours, as in a log, a line an owner has its words.
"""

import sys
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.style import Style
from rich.text import Text

from planner.account import left_over
from planner.draw.lettering import printable
from planner.draw.palette import ABSENT, INK, hexadecimal, owners_colours
from planner.plans import Plan


def show_account(plan: Plan, quiet: bool) -> None:
    """Who takes up which words, and in one line what is left to the whole picture; nothing when quiet."""
    if quiet or not plan.account:
        return
    console = Console(stderr=True)
    if console.is_terminal and console.color_system is not None and not console.no_color:
        console.print(_prompt(plan))
        console.print(_legend(plan))
    else:
        sys.stderr.writelines(f"  {printable(owner)}: {words}\n" for owner, words in _by_owner(plan))
    if left := left_over(plan.account):
        words = Text(f"left to the whole picture: {printable(' … '.join(left))}")
        console.print(words, soft_wrap=not console.is_terminal)


def _prompt(plan: Plan) -> Text:
    prompt = Text()
    for span in plan.account:
        text = "\n".join(map(printable, span.text.split("\n")))
        # The space between two owners' words is nobody's, and has no colour.
        words = text.rstrip()
        prompt.append(words, _style(plan, span.owners)).append(text[len(words) :])
    return prompt


def _legend(plan: Plan) -> Text:
    """The owners' names in their colours, in one line where they have room."""
    legend = Text()
    for owner, _ in _by_owner(plan):
        legend.append(printable(owner), _style(plan, (owner,))).append("  ")
    if any(len(span.owners) > 1 for span in plan.account):
        legend.append("underlined", "underline").append(": of several")
    return legend


def _style(plan: Plan, owners: Sequence[str]) -> Style:
    """Dark letters on the first owner's colour; underlined for further owners, struck through if absent."""
    colours = owners_colours(plan.scene)
    fills = [hexadecimal(colours[owner]) for owner in owners if owner in colours]
    if not fills:
        return Style()
    return Style(color=hexadecimal(INK), bgcolor=fills[0], underline=len(fills) > 1, strike=ABSENT in owners)


def _by_owner(plan: Plan) -> Iterator[tuple[str, str]]:
    """Each owner of words, in the scene's order, with its words in one line."""
    for owner in owners_colours(plan.scene):
        pieces = [" ".join(span.text.split()) for span in plan.account if owner in span.owners]
        if pieces:
            yield owner, printable(" … ".join(pieces))
