"""What the built-in planner read in a prompt, on stderr: things, relations, the rest, and how sure it is."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from planner.draw.lettering import printable
from planner.reader.compose import names_of, runs_of
from planner.reader.planner import ReaderPlanner
from planner.reader.reading import Reading, Thing


def show_reading(prompt: str) -> None:
    """Tell what was read in the prompt."""
    reading, language = ReaderPlanner().reading(prompt)
    console = Console(stderr=True)
    if language is not None:
        console.print(Text(f"read: nothing, for the prompt seems to be in {language}"))
        return
    console.print(_things(reading), soft_wrap=not console.is_terminal)
    for line in _lines(reading):
        console.print(Text(printable(line)), soft_wrap=not console.is_terminal)


def _things(reading: Reading) -> Table:
    table = Table(title="read", title_justify="left", box=None, pad_edge=False)
    for column in ("thing", "sure", "how many", "where", "its words"):
        table.add_column(column, justify="right" if column == "sure" else "left")
    for name, thing in zip(names_of(reading), reading.things, strict=True):
        words = " … ".join(runs_of(reading, thing.words))
        cells = (name, f"{thing.sure:.0%}", _number(thing), _where(thing), words)
        table.add_row(*(Text(printable(cell)) for cell in cells))
    return table


def _number(thing: Thing) -> str:
    return "not told" if thing.count is None else str(thing.count)


def _where(thing: Thing) -> str:
    return ", ".join(filter(None, (thing.vertical, thing.horizontal, thing.depth)))


def _lines(reading: Reading) -> Iterator[str]:
    names = names_of(reading)
    for one in reading.relations:
        yield f"{names[one.subject]} {one.predicate} {names[one.other]} ({one.sure:.0%} sure)"
    settings = (("background", reading.background), ("style", reading.style), ("absent", reading.absent))
    for name, indices in settings:
        if texts := runs_of(reading, indices):
            yield f"{name}: {' … '.join(texts)}"
    if reading.unsure:
        told = ", ".join(f"{reading.words[i].text} ({sure:.0%})" for i, sure in reading.unsure)
        yield f"no region of their own, though they may be things: {told}"
