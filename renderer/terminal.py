"""What the command shows of a plan on stderr: who draws which words, and what the planner found in a prompt.

Where there are no colours, as in a log, each owner of words has a line.
"""

import sys
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from planner.account import left_over
from planner.draw.lettering import printable
from planner.draw.palette import ABSENT, INK, hexadecimal, owners_colours
from planner.plans import Plan
from planner.reader.compose import names_of, runs_of
from planner.reader.planner import ReaderPlanner


def show_account(plan: Plan, quiet: bool) -> None:
    """Show the words of each owner, and in one line what is left to the whole picture; nothing when quiet."""
    if quiet or not plan.account:
        return
    console = Console(stderr=True)
    if console.is_terminal and console.color_system is not None and not console.no_color:
        prompt, legend = Text(), Text()
        for span in plan.account:
            text = "\n".join(map(printable, span.text.split("\n")))
            # The space between two owners' words is nobody's, and has no colour.
            words = text.rstrip()
            prompt.append(words, _style(plan, span.owners)).append(text[len(words) :])
        for owner, _ in _words_by_owner(plan):
            legend.append(printable(owner), _style(plan, (owner,))).append("  ")
        if any(len(span.owners) > 1 for span in plan.account):
            legend.append("underlined", "underline").append(": of several")
        console.print(prompt)
        console.print(legend)
    else:
        sys.stderr.writelines(f"  {printable(owner)}: {words}\n" for owner, words in _words_by_owner(plan))
    if left := left_over(plan.account):
        words = Text(f"left to the whole picture: {printable(' … '.join(left))}")
        console.print(words, soft_wrap=not console.is_terminal)


def _style(plan: Plan, owners: Sequence[str]) -> Style:
    """Dark letters on the first owner's colour; underlined for further owners, struck through if absent."""
    colours = owners_colours(plan.scene)
    fills = [hexadecimal(colours[owner]) for owner in owners if owner in colours]
    if not fills:
        return Style()
    return Style(color=hexadecimal(INK), bgcolor=fills[0], underline=len(fills) > 1, strike=ABSENT in owners)


def _words_by_owner(plan: Plan) -> Iterator[tuple[str, str]]:
    """Each owner of words, in the scene's order, with its words in one line."""
    for owner in owners_colours(plan.scene):
        pieces = [" ".join(span.text.split()) for span in plan.account if owner in span.owners]
        if pieces:
            yield owner, printable(" … ".join(pieces))


def show_reading(prompt: str) -> None:
    """Show what the built-in planner found: things, relations, everything else, and how sure it is."""
    reading, language = ReaderPlanner().reading(prompt)
    console = Console(stderr=True)
    if language is not None:
        console.print(Text(f"read: nothing, for the prompt seems to be in {language}"))
        return

    table = Table(title="read", title_justify="left", box=None, pad_edge=False)
    for column in ("thing", "sure", "how many", "where", "its words"):
        table.add_column(column, justify="right" if column == "sure" else "left")
    names = names_of(reading)
    for name, thing in zip(names, reading.things, strict=True):
        count = "not told" if thing.count is None else str(thing.count)
        place = ", ".join(filter(None, (thing.vertical, thing.horizontal, thing.depth)))
        words = " … ".join(runs_of(reading, thing.words))
        cells = (name, f"{thing.sure:.0%}", count, place, words)
        table.add_row(*(Text(printable(cell)) for cell in cells))

    lines = [
        f"{names[relation.subject]} {relation.predicate} {names[relation.other]} ({relation.sure:.0%} sure)"
        for relation in reading.relations
    ]
    rest = (("background", reading.background), ("style", reading.style), ("absent", reading.absent))
    for name, indices in rest:
        if texts := runs_of(reading, indices):
            lines.append(f"{name}: {' … '.join(texts)}")
    if reading.unsure:
        unsure = ", ".join(f"{reading.words[i].text} ({sure:.0%})" for i, sure in reading.unsure)
        lines.append(f"no region of their own, though they may be things: {unsure}")

    for shown in (table, *(Text(printable(line)) for line in lines)):
        console.print(shown, soft_wrap=not console.is_terminal)
