"""What the command line says, understood: words into types, checked where they enter."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import JsonValue, ValidationError

from planner.editing import UNEDITED, Edits, Negative, Painting
from planner.errors import UserError
from planner.faults import explain
from planner.files import Record, load_record
from planner.plans import Plan, Planner, Size, read_size
from renderer.extras import NOTHING, Control, Extras, read_lora
from renderer.pipeline import check_seed
from renderer.progress import say
from renderer.settings import CHOSEN, Settings

MAX_TIMEOUT = 86_400.0
"""Seconds: a day."""

MAX_LANGUAGE = 40
"""Letters of a language's name."""

Carried = TypeVar("Carried", Settings, Extras)

if TYPE_CHECKING:
    from planner.chat.usage import Price


@dataclass(frozen=True)
class Named:
    """What was said of a language model."""

    llm: str | None
    profile: Literal["auto", "full", "small", "details"]
    price: str | None
    no_cache: bool
    fallback: bool = False
    timeout: float | None = None
    language: str = "English"


@dataclass(frozen=True)
class Over:
    """What was said over the plan: painted regions and negative prompts."""

    painted: str | None = None
    paints: Sequence[str] = ()
    negatives: Sequence[str] = ()


@dataclass(frozen=True)
class Joining:
    """What was said of what joins the drawing."""

    loras: Sequence[str]
    init_image: str | None
    strength: float | None
    inpaint_mask: str | None
    controls: Sequence[str]
    controlnets: Sequence[str]


@dataclass(frozen=True)
class Order:
    """The command line as it was typed; None where nothing was said."""

    prompt: str | None
    plan: str | None
    output: Path | None
    plan_only: bool
    explain: bool
    masks: Path | None
    font: Path | None
    over: Over
    named: Named
    model: str | None
    size: str | None
    seeds: str | None
    low_memory: bool
    wishes: Mapping[str, int | float | str | None]
    joining: Joining
    quiet: bool


@dataclass(frozen=True)
class Job:
    """The order understood: a prompt or a plan, and what to draw it with."""

    subject: str | Plan
    planner: Planner | None
    model: str
    size: Size | None
    seeds: tuple[int, ...]
    settings: Settings
    low_memory: bool
    extras: Extras
    edits: Edits = UNEDITED
    price: "Price | None" = None


def job_of(order: Order) -> Job:
    """What is to be done. Raises `UserError` with a line that names the option or the file."""
    if (order.prompt is None) == (order.plan is None):
        raise UserError("give a PROMPT or --plan FILE, one of the two")
    if order.explain and not (order.plan_only and order.plan is None and order.named.llm is None):
        raise UserError(
            "--explain tells what the built-in planner read: give it with a PROMPT and --plan-only, "
            "without --plan and --llm"
        )
    job = (
        _prompted(order, order.prompt)
        if order.prompt is not None
        else _planned(order, load_record(order.plan or ""))
    )
    for seed in job.seeds:
        check_seed(seed)
    return job


def _prompted(order: Order, prompt: str) -> Job:
    settings, size = _settings(order, Settings()), _size(order.size)
    return Job(
        subject=_words(prompt),
        planner=_planner(order),
        model=order.model or "tiny",
        size=size,
        seeds=_seeds(order.seeds) or (0,),
        settings=settings,
        low_memory=order.low_memory,
        extras=_extras(order.joining, NOTHING),
        edits=_edits(order.over),
        price=_price(order.named.price),
    )


def _planned(order: Order, record: Record) -> Job:
    """The plan with what its picture carries, where it is one, under what the command line says."""
    drawn_by = record.rest.get("model")
    model = order.model or (drawn_by if isinstance(drawn_by, str) else "tiny")
    # Another model has another recipe: what suited the one that drew the picture is not for it.
    rest = record.rest if model == drawn_by else {}
    return Job(
        subject=record.plan,
        planner=None,
        model=model,
        size=_size(order.size),
        seeds=_seeds(order.seeds) or (_carried_seed(record),),
        settings=_settings(order, _carried(order, rest.get("settings"), Settings())),
        low_memory=order.low_memory,
        extras=_extras(order.joining, _carried(order, rest.get("extras"), NOTHING)),
        edits=_edits(order.over),
    )


def _planner(order: Order) -> Planner | None:
    named = order.named
    if named.llm is None:
        return None
    from planner.llm.serving import ServingPlanner

    seeds = _seeds(order.seeds)
    _check_named(named)
    planner = ServingPlanner(
        named.llm,
        seed=seeds[0] if seeds else None,
        cache=not named.no_cache,
        profile=named.profile,
        fallback=named.fallback,
        timeout=named.timeout,
        language=named.language.strip(),
        on_progress=partial(say, quiet=order.quiet),
    )
    planner.check()
    return planner


def _check_named(named: Named) -> None:
    if named.timeout is not None and not 0 < named.timeout <= MAX_TIMEOUT:
        raise UserError(
            f"--llm-timeout {named.timeout:g}: should be above 0 and at most {MAX_TIMEOUT:g} seconds, as 600"
        )
    language = named.language.strip()
    if not (0 < len(language) <= MAX_LANGUAGE and language.isprintable()):
        raise UserError("--prompt-language: should be the name of a language, such as English or Deutsch")


def _price(text: str | None) -> "Price | None":
    if text is None:
        return None
    from planner.chat.usage import read_price

    try:
        return read_price(text)
    except UserError as error:
        raise UserError(f"--llm-price {error}") from None


def _words(prompt: str) -> str:
    """The prompt itself, or what @FILE or - (stdin) hold."""
    try:
        if prompt == "-":
            return sys.stdin.read()
        if prompt.startswith("@"):
            return Path(prompt[1:]).read_text("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{prompt}: the prompt can't be read from there (it is not UTF-8 text)") from error
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UserError(f"{prompt}: the prompt can't be read from there ({reason})") from error
    return prompt


def _size(text: str | None) -> Size | None:
    return None if text is None else read_size(text)


def _seeds(text: str | None) -> tuple[int, ...]:
    """The seeds that were typed; none where nothing was."""
    if text is None:
        return ()
    numbers = [number.strip() for number in text.split(",")]
    if not all(number.isascii() and number.isdecimal() for number in numbers):
        raise UserError(f"--seed {text}: should be a whole number from 0, or several, such as 0,1,2")
    if len(set(map(int, numbers))) < len(numbers):
        raise UserError(f"--seed {text}: a seed stands there twice")
    return tuple(map(int, numbers))


def _carried_seed(record: Record) -> int:
    carried = record.rest.get("seed")
    return carried if isinstance(carried, int) else record.plan.origin.seed or 0


def _carried(order: Order, carried: JsonValue, nothing: Carried) -> Carried:
    """What a picture carries of this kind, or `nothing`."""
    try:
        return nothing if carried is None else type(nothing).model_validate_json(json.dumps(carried))
    except ValidationError as error:
        raise UserError(f"{order.plan}: {type(nothing).__name__.lower()}: {explain(error)}") from error


def _extras(said: Joining, carried: Extras) -> Extras:
    """What the command line says, over what a picture carries."""
    if len(said.controls) != len(said.controlnets):
        raise UserError(
            f"--control comes {len(said.controls)} times and --controlnet {len(said.controlnets)} times: "
            "each picture needs the ControlNet that reads it"
        )
    pairs = zip(said.controls, said.controlnets, strict=True)
    joined = {
        "loras": tuple(read_lora(text) for text in said.loras) or None,
        "init_image": said.init_image and str(Path(said.init_image).resolve()),
        "strength": said.strength,
        "inpaint_mask": said.inpaint_mask and str(Path(said.inpaint_mask).resolve()),
        "controls": tuple(Control(image=str(Path(image).resolve()), model=name) for image, name in pairs)
        or None,
    }
    told = {name: value for name, value in joined.items() if value is not None}
    try:
        return Extras.model_validate({**dict(carried), **told})
    except ValidationError as error:
        option, _, fault = explain(error).rpartition(": ")
        raise UserError(f"--{option.replace('_', '-')}: {fault}" if option else fault) from error


def _edits(said: Over) -> Edits:
    """What the command line says over the plan."""
    negatives = tuple(_negative(text) for text in said.negatives)
    if (said.painted is None) != (not said.paints):
        raise UserError(
            "--painted and --paint go together: a picture, and whose each of its colours is, such as "
            "--painted masks.png --paint red=cat"
        )
    if said.painted is None:
        return Edits(negatives=negatives)
    colours = dict[str, str]()
    for text in said.paints:
        colour, _, region = (part.strip() for part in text.partition("="))
        if not (colour and region):
            raise UserError(f"--paint {text}: should be COLOUR=REGION, such as red=cat or '#00ff00=old barn'")
        if region in colours:
            raise UserError(f"--paint {text}: {region!r} has the colour {colours[region]} already")
        colours[region] = colour
    return Edits(Painting(said.painted, colours), negatives)


def _negative(text: str) -> Negative:
    words, at, region = text.rpartition("@")
    if at and not region.strip():
        raise UserError(f"--negative {text}: should be TEXT or TEXT@REGION, such as 'stripes@cat'")
    return Negative(words.strip(), region.strip()) if at else Negative(text.strip())


def _settings(order: Order, carried: Settings) -> Settings:
    """What the command line says, over what a picture carries; what is chosen anew is not carried."""
    said = {name: value for name, value in order.wishes.items() if value is not None}
    kept = carried.model_dump(exclude_none=True, exclude=set(CHOSEN) if "auto" in said else None)
    try:
        return Settings.model_validate({**kept, **said})
    except ValidationError as error:
        option, _, fault = explain(error).partition(": ")
        raise UserError(f"--{option.replace('_', '-')}: {fault}") from error
