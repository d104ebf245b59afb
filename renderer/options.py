"""The options of the drawing command with their help, and the values that they were given.

Where an option is a field of `Settings` or `Extras`, its name, type, metavar and help are the field's own,
and the field checks its value.
"""

# ruff: noqa: RUF009  # the functions called for the defaults return dataclass fields

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from inspect import Parameter, Signature
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, cast, get_args, get_origin, get_type_hints

import typer
from pydantic import BaseModel

from renderer.extras import Extras
from renderer.settings import Settings

GENERAL = "Options"
PLANNING = "Planning"
EDITING = "Editing the plan"
LANGUAGE_MODEL = "Planning with a language model (LLM)"
SAMPLING = "Sampling (defaults: the model's own)"
REGIONS = "Regions (defaults: the model's own)"
EXTRAS = "LoRA, img2img and ControlNet"


@dataclass(frozen=True)
class OptionHelp:
    """What the help shows of an option; a flag has no metavar."""

    text: str
    panel: str
    metavar: str = ""
    short: tuple[str, ...] = ()
    variable: str | None = None

    def parameter(self, name: str, kind: Any, default: Any = None) -> Parameter:
        """The parameter of a function from which typer makes the option."""
        option = typer.Option(
            f"--{name.replace('_', '-')}",
            *self.short,
            help=self.text,
            rich_help_panel=self.panel,
            metavar=self.metavar,
            envvar=self.variable,
            show_default=False,
        )
        return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])


@dataclass(frozen=True)
class FieldsOf:
    """Options made of fields of a model, which `option` of `renderer.settings` declares."""

    model: type[BaseModel]
    panel: str
    names: tuple[str, ...]

    def parameters(self) -> list[Parameter]:
        """A parameter for each field, as `OptionHelp.parameter` has it."""
        parameters = list[Parameter]()
        for name in self.names:
            info = self.model.model_fields[name]
            (kind,) = (part for part in get_args(info.annotation) if part is not NoneType)
            plain: Any = get_args(kind)[0] if get_origin(kind) is Annotated else kind
            # What typer has no type for, such as a share of steps or a picture, the model reads from text.
            if plain not in {int, float} and get_origin(plain) is not Literal:
                plain = str
            metavar = cast(dict[str, str], info.json_schema_extra)["metavar"]
            help_of_field = OptionHelp(info.description or "", self.panel, metavar)
            parameters.append(help_of_field.parameter(name, plain | None))
        return parameters


def _option(
    text: str,
    panel: str,
    metavar: str = "",
    *short: str,
    default: bool | str | None = None,
    variable: str | None = None,
) -> Any:
    return field(default=default, metadata={"help": OptionHelp(text, panel, metavar, short, variable)})


def _flag(text: str, panel: str, *short: str) -> Any:
    return _option(text, panel, "", *short, default=False)


def _fields_of(model: type[BaseModel], panel: str, *names: str) -> Any:
    return field(default_factory=dict[str, Any], metadata={"help": FieldsOf(model, panel, names)})


@dataclass(frozen=True)
class Options:
    """Draw a picture from a long prompt, with every part where the prompt places it."""

    prompt: str | None = field(
        default=None,
        metadata={
            "help": typer.Argument(
                metavar="PROMPT",
                help="Text to draw, in English; @FILE reads it from a file, - from stdin.",
                show_default=False,
            )
        },
    )
    output: Path | None = _option(
        "Output picture (default: picture.png); with --plan-only an image of the layout, .png or .svg.",
        GENERAL,
        "FILE",
        "-o",
    )
    quiet: bool = _flag("Print no progress and no messages on stderr.", GENERAL, "-q")

    plan: str | None = _option(
        "Draw this plan instead of a prompt: a JSON file, or a PNG drawn by scenewright, whose settings and "
        "seed are then used again.",
        PLANNING,
        "FILE",
    )
    trust: bool = _flag(
        "With --plan: also use the files and models that the picture's record names. Only for pictures of "
        "your own.",
        PLANNING,
    )
    plan_only: bool = _flag("Print the plan as JSON and draw nothing.", PLANNING)
    explain: bool = _flag(
        "With --plan-only: print what the built-in planner found in the prompt, and how sure it is.", PLANNING
    )
    masks: Path | None = _option(
        "Write the mask of each region, and of the background, into this folder.", PLANNING, "FOLDER"
    )
    font: Path | None = _option(
        "Font file (.ttf, .otf, .ttc) for the layout image, tried before the system's fonts.",
        PLANNING,
        "FILE",
    )

    painted: str | None = _option(
        "Painted layout: an image of the canvas's size with a colour for each region; see --paint.",
        EDITING,
        "FILE",
    )
    paint: list[str] | None = _option(
        "A colour of --painted and its region, by name: red=cat or '#00ff00=old barn'. Repeatable.",
        EDITING,
        "COLOUR=REGION",
    )
    negative: list[str] | None = _option(
        "Negative prompt, for the whole picture or for one region by name. Needs --true-cfg-scale above 1. "
        "Repeatable.",
        EDITING,
        "TEXT[@REGION]",
    )

    llm: str | None = _option(
        "LLM that plans: a model of an OpenAI-compatible API (OPENAI_API_KEY, OPENAI_BASE_URL); on this "
        "machine: local (see scenewright models fetch) or local:FILE.gguf. Default: no LLM, but the built-in "
        "planner.",
        LANGUAGE_MODEL,
        "MODEL",
        variable="SCENEWRIGHT_LLM",
    )
    llm_profile: Literal["auto", "full", "small", "details"] = _option(
        "What the LLM writes. full: the whole plan; small: a shorter plan, with places in words; details: "
        "only how things look that the built-in planner finds; auto (default): details with local, otherwise "
        "full, or details if the model's first full plan has too many faults.",
        LANGUAGE_MODEL,
        "NAME",
        default="auto",
    )
    llm_price: str | None = _option(
        "Price of a million input and output tokens in dollars, such as 2,10: prints what the plan cost.",
        LANGUAGE_MODEL,
        "IN,OUT",
    )
    llm_timeout: float | None = _option(
        "Timeout of each answer of the LLM (default: 300; local: 900). Reasoning models take minutes.",
        LANGUAGE_MODEL,
        "SECONDS",
    )
    prompt_language: str = _option(
        "Language in which the LLM writes region prompts (default: English, which most models follow best).",
        LANGUAGE_MODEL,
        "NAME",
        default="English",
    )
    llm_fallback: bool = _flag(
        "If the LLM gives no plan, use the built-in planner; otherwise the command exits with code 1.",
        LANGUAGE_MODEL,
    )
    no_cache: bool = _flag(
        "Ask the LLM again, instead of using its cached answers (~/.cache/scenewright).", LANGUAGE_MODEL
    )

    model: str | None = _option(
        "Model: tiny (default; included), a short name of scenewright models list, such as flux2-klein, a "
        "folder in diffusers' format, or a hub name.",
        SAMPLING,
        "NAME",
    )
    size: str | None = _option(
        "Width and height in pixels, multiples of 16, such as 1280x768.", SAMPLING, "WxH"
    )
    seed: str | None = _option(
        "Random seed (default: 0); several, such as 0,1,2, draw a picture each: picture-0.png and so on.",
        SAMPLING,
        "N[,N]",
    )
    low_memory: bool = _flag(
        "Offload the text encoders: they are dropped before the rest of the model is loaded.", SAMPLING
    )
    sampling: Mapping[str, Any] = _fields_of(Settings, SAMPLING, "steps", "guidance_scale", "true_cfg_scale")

    regions: Mapping[str, Any] = _fields_of(
        Settings,
        REGIONS,
        *("base_ratio", "inject_steps", "mode", "double_interval", "single_interval", "feather"),
    )
    settings: Literal["auto"] | None = _option(
        "auto: choose base ratio and inject steps by the layout, if the model's card has rules for it.",
        REGIONS,
        "auto",
    )

    lora: list[str] | None = _option(
        "LoRA: a file, a folder or a hub name, with its weight (default: 1), for one region by name. "
        "Repeatable.",
        EXTRAS,
        "PATH[:WEIGHT][@REGION]",
    )
    img2img: Mapping[str, Any] = _fields_of(Extras, EXTRAS, "init_image", "strength", "inpaint_mask")
    control: list[str] | None = _option(
        "Control image (depth map, pose, edges) for a --controlnet. Repeatable.", EXTRAS, "FILE"
    )
    controlnet: list[str] | None = _option(
        "ControlNet of the model's family for a --control: a folder or a hub name. Repeatable.",
        EXTRAS,
        "NAME",
    )
    reference: list[str] | None = _option(
        "Reference picture that the model looks at, for models that take them (FLUX.2). Repeatable.",
        EXTRAS,
        "FILE",
    )


def command(run: Callable[[Options], None]) -> Callable[..., None]:
    """`run` as a function with a parameter for each option.

    typer reads a function's signature, and knows neither dataclasses nor models.
    """
    kinds = get_type_hints(Options)
    groups = dict[str, FieldsOf]()
    parameters = list[Parameter]()
    for item in fields(Options):
        match item.metadata["help"]:
            case FieldsOf() as group:
                groups[item.name] = group
                parameters += group.parameters()
            case OptionHelp() as shown:
                parameters.append(shown.parameter(item.name, kinds[item.name], item.default))
            case argument:
                kind = Annotated[kinds[item.name], argument]
                parameters.append(
                    Parameter(item.name, Parameter.KEYWORD_ONLY, default=item.default, annotation=kind)
                )
    version = typer.Option(
        "--version", help="Print the version and exit.", callback=_print_version, is_eager=True, metavar=""
    )
    parameters.append(
        Parameter("version", Parameter.KEYWORD_ONLY, default=False, annotation=Annotated[bool, version])
    )

    def draw(*, version: bool, **given: Any) -> None:
        del version
        grouped: dict[str, Any] = {
            name: {each: value for each in group.names if (value := given.pop(each)) is not None}
            for name, group in groups.items()
        }
        run(Options(**given, **grouped))

    draw.__doc__ = Options.__doc__
    draw.__signature__ = Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess]
    return draw


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"scenewright {version('scenewright')}")
        raise typer.Exit
