"""From the options of the command to what is drawn: texts become types, and are checked here."""

import json
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import JsonValue, ValidationError

from planner.bounded import MEGABYTE, TEXT_BYTES, UnreadableError, read_text
from planner.editing import UNEDITED, Edits, Negative, Painting
from planner.errors import UserError
from planner.faults import explain
from planner.files import load_record
from planner.plans import Plan, Planner, Size, read_size
from renderer.extras import NOTHING, Control, Extras, read_lora
from renderer.options import Options
from renderer.pipeline import check_seed
from renderer.progress import print_message
from renderer.settings import CHOSEN, Settings

if TYPE_CHECKING:
    from planner.chat.usage import Price

MAX_TIMEOUT = 86_400.0
"""Seconds: a day."""

MAX_LANGUAGE = 40
"""Letters of a language's name."""

Model = TypeVar("Model", Settings, Extras)


@dataclass(frozen=True)
class Job:
    """A prompt or a plan, and what it is drawn with; `price` is the language model's."""

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


def job_of(options: Options) -> Job:
    """What the options ask for: they win over what a picture given as the plan carries.

    Raises `UserError` with one line that names the option or the file.
    """
    if (options.prompt is None) == (options.plan is None):
        raise UserError("give a PROMPT or --plan FILE, one of the two")
    if options.explain and not (options.plan_only and options.plan is None and options.llm is None):
        raise UserError(
            "--explain prints what the built-in planner found: give it with a PROMPT and --plan-only, "
            "without --plan and --llm"
        )
    if options.prompt is not None:
        subject, carried, seed = _prompt(options.prompt), dict[str, JsonValue](), None
    else:
        record = load_record(options.plan or "")
        subject, carried = record.plan, dict(record.rest)
        seed = carried.get("seed", record.plan.origin.seed)
        if seed is not None and type(seed) is not int:
            raise UserError(f"{options.plan}: seed: {repr(seed)[:40]} should be a whole number")
    drawn_by = carried.get("model")
    model = options.model or (drawn_by if isinstance(drawn_by, str) else "tiny")
    if model != drawn_by:
        # Another model has another recipe: settings that suited the one that drew the picture are not for it.
        carried = {}
    extras = _carried(options, carried.get("extras"), NOTHING)
    _check_trust(options, model, extras)
    job = Job(
        subject=subject,
        planner=_language_model(options) if isinstance(subject, str) else None,
        model=model,
        size=None if options.size is None else read_size(options.size),
        seeds=_seeds(options) or (seed if isinstance(seed, int) else 0,),
        settings=_settings(options, _carried(options, carried.get("settings"), Settings())),
        low_memory=options.low_memory,
        extras=_extras(options, extras),
        edits=_edits(options),
        price=_price(options) if isinstance(subject, str) else None,
    )
    for number in job.seeds:
        check_seed(number)
    return job


def _check_trust(options: Options, model: str, carried: Extras) -> None:
    """Raise `UserError` for files and models that only a picture's record names.

    The picture may come from anyone: what it names would be read, fetched, and be seen in the new picture.
    """
    if options.trust:
        return
    named = dict[str, str]()
    if options.model is None and model != "tiny":
        named["model"] = model
    if carried.loras and not options.lora:
        named["lora"] = ", ".join(lora.source for lora in carried.loras)
    for field in ("init_image", "inpaint_mask"):
        if isinstance(path := getattr(carried, field), str) and field not in options.img2img:
            named[field.replace("_", "-")] = path
    if carried.controls and not options.control:
        named["control"] = ", ".join(f"{control.image} for {control.model}" for control in carried.controls)
    paths = [picture for picture in carried.references if isinstance(picture, str)]
    if paths and not options.reference:
        named["reference"] = ", ".join(paths)
    if named:
        told = "; ".join(f"--{option} {value}" for option, value in named.items())
        raise UserError(
            f"{options.plan}: the picture's record names {told}: give --trust if the picture is your own, or "
            "these options"
        )


def _prompt(text: str) -> str:
    """The prompt itself, or the text in @FILE or - (stdin)."""
    try:
        if text == "-":
            content = "" if sys.stdin is None else sys.stdin.read(TEXT_BYTES + 1)
            if len(content) > TEXT_BYTES:
                raise UnreadableError(text, f"it is larger than {TEXT_BYTES // MEGABYTE} MB")
            return content
        if text.startswith("@"):
            return read_text(text[1:])
    except UnreadableError as error:
        raise UserError(f"{text}: the prompt can't be read from there ({error.reason})") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{text}: the prompt can't be read from there (it is not UTF-8 text)") from error
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UserError(f"{text}: the prompt can't be read from there ({reason})") from error
    return text


def _language_model(options: Options) -> Planner | None:
    """The planner that asks the language model; None where none is set."""
    if options.llm is None:
        return None
    from planner.llm.serving import ServingPlanner

    timeout, language = options.llm_timeout, options.prompt_language.strip()
    if timeout is not None and not 0 < timeout <= MAX_TIMEOUT:
        raise UserError(
            f"{timeout:g}: should be above 0 and at most {MAX_TIMEOUT:g} seconds, as 600", "llm_timeout"
        )
    if not (0 < len(language) <= MAX_LANGUAGE and language.isprintable()):
        raise UserError("--prompt-language: should be the name of a language, such as English or Deutsch")
    seeds = _seeds(options)
    planner = ServingPlanner(
        options.llm,
        seed=seeds[0] if seeds else None,
        cache=not options.no_cache,
        profile=options.llm_profile,
        fallback=options.llm_fallback,
        timeout=timeout,
        language=language,
        on_progress=partial(print_message, quiet=options.quiet),
    )
    planner.check()
    return planner


def _price(options: Options) -> "Price | None":
    if options.llm_price is None:
        return None
    from planner.chat.usage import read_price

    try:
        return read_price(options.llm_price)
    except UserError as error:
        raise UserError(error.text, "llm_price") from None


def _seeds(options: Options) -> tuple[int, ...]:
    """The seeds that were given; none where none was."""
    if options.seed is None:
        return ()
    numbers = [number.strip() for number in options.seed.split(",")]
    if not all(number.isascii() and number.isdecimal() and len(number) < 20 for number in numbers):
        raise UserError(f"{options.seed}: should be a whole number from 0, or several, such as 0,1,2", "seed")
    if len(set(map(int, numbers))) < len(numbers):
        raise UserError(f"{options.seed}: a seed stands there twice", "seed")
    return tuple(map(int, numbers))


def _carried(options: Options, carried: JsonValue, default: Model) -> Model:
    """What the picture carries of a model's kind, or the default."""
    try:
        return default if carried is None else type(default).model_validate_json(json.dumps(carried))
    except ValidationError as error:
        raise UserError(f"{options.plan}: {type(default).__name__.lower()}: {explain(error)}") from error


def _settings(options: Options, carried: Settings) -> Settings:
    """The settings of the options over the carried ones; those that are chosen anew are not carried."""
    given = {**options.sampling, **options.regions}
    if options.settings == "auto":
        return _validated(Settings, {**carried.model_dump(exclude=set(CHOSEN)), **given, "auto": True})
    return _validated(Settings, {**carried.model_dump(), **given})


def _extras(options: Options, carried: Extras) -> Extras:
    """The extras of the options over the carried ones."""
    images, names = options.control or (), options.controlnet or ()
    if len(images) != len(names):
        raise UserError(
            f"--control comes {len(images)} times and --controlnet {len(names)} times: each image needs "
            "the ControlNet that reads it"
        )
    given = dict(options.img2img)
    for name in ("init_image", "inpaint_mask"):
        if name in given:
            try:
                given[name] = str(Path(given[name]).resolve())
            except (OSError, ValueError, RuntimeError) as error:
                raise UserError(f"{given[name]}: is no path", name) from error
    if options.reference:
        given["references"] = tuple(str(Path(picture).absolute()) for picture in options.reference)
    if options.lora:
        given["loras"] = tuple(read_lora(text) for text in options.lora)
    if images:
        given["controls"] = tuple(
            Control(image=str(Path(image).absolute()), model=name)
            for image, name in zip(images, names, strict=True)
        )
    return _validated(Extras, {**dict(carried), **given})


def _validated(kind: type[Model], values: dict[str, Any]) -> Model:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        field, colon, fault = explain(error).partition(": ")
        raise UserError(f"--{field.replace('_', '-')}: {fault}" if colon else field) from error


def _edits(options: Options) -> Edits:
    """Painted regions and negative prompts."""
    negatives = list[Negative]()
    for text in options.negative or ():
        words, at, region = text.rpartition("@")
        if at and not region.strip():
            raise UserError(f"{text}: should be TEXT or TEXT@REGION, such as 'stripes@cat'", "negative")
        negatives.append(Negative(words.strip(), region.strip()) if at else Negative(text.strip()))
    if (options.painted is None) != (not options.paint):
        raise UserError(
            "--painted and --paint go together: an image, and the region of each of its colours, such as "
            "--painted masks.png --paint red=cat"
        )
    if options.painted is None:
        return Edits(negatives=tuple(negatives))
    colours = dict[str, str]()
    for text in options.paint or ():
        colour, _, region = (part.strip() for part in text.partition("="))
        if not (colour and region):
            raise UserError(
                f"{text}: should be COLOUR=REGION, such as red=cat or '#00ff00=old barn'", "paint"
            )
        if region in colours:
            raise UserError(f"{text}: {region!r} has the colour {colours[region]} already", "paint")
        colours[region] = colour
    return Edits(Painting(options.painted, colours), tuple(negatives))
