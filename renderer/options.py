"""The options of the drawing command, each with its words in the help."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

PLAN = "Plan"
PICTURE = "Picture (settings not given are the model's own)"
REGIONS = "Regions (settings not given are the model's own)"


def _option(name: str, says: str, panel: str, value: str = "", variable: str | None = None) -> Any:
    """An option of a panel; `value` stands for what it takes, and a flag takes nothing."""
    names = name.split()
    return typer.Option(
        *names, help=says, rich_help_panel=panel, metavar=value, envvar=variable, show_default=False
    )


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"scenewright {version('scenewright')}")
        raise typer.Exit


Prompt = Annotated[
    str | None,
    typer.Argument(
        metavar="PROMPT",
        help="What to draw, in plain English; @FILE or - (stdin) reads it.",
        show_default=False,
    ),
]

Output = Annotated[
    Path | None,
    _option(
        "-o --output",
        "Where the picture goes (picture.png if not given); with --plan-only the drawn layout, .png or .svg.",
        "Options",
        "FILE",
    ),
]
Quiet = Annotated[bool, _option("-q --quiet", "No progress and no talk on stderr.", "Options")]
Version = Annotated[
    bool,
    typer.Option(
        "--version", help="Print the version and exit.", callback=_version, is_eager=True, metavar=""
    ),
]

PlanFile = Annotated[
    str | None,
    _option(
        "--plan", "Draw this plan (JSON, or a picture that carries one) without a planner.", PLAN, "FILE"
    ),
]
PlanOnly = Annotated[
    bool, _option("--plan-only", "Print the plan as JSON and stop before a pixel is drawn.", PLAN)
]
Explain = Annotated[
    bool,
    _option("--explain", "With --plan-only: tell what the built-in planner read, and how sure it is.", PLAN),
]
Masks = Annotated[
    Path | None, _option("--masks", "Write the regions' masks there, and the background's.", PLAN, "FOLDER")
]
Font = Annotated[
    Path | None,
    _option(
        "--font",
        "Letters of the drawn layout, before the system's own: a .ttf, .otf or .ttc file.",
        PLAN,
        "FILE",
    ),
]
Painted = Annotated[
    str | None,
    _option(
        "--painted",
        "A picture of the canvas's size in which regions are painted, each in a colour of its own.",
        PLAN,
        "FILE",
    ),
]
Paints = Annotated[
    list[str] | None,
    _option(
        "--paint",
        "Whose a colour of it is, such as red=cat or '#00ff00=old barn': a region by its name, which then "
        "has that place. May come several times.",
        PLAN,
        "COLOUR=REGION",
    ),
]
Negatives = Annotated[
    list[str] | None,
    _option(
        "--negative",
        "What not to draw, beside what the prompt excludes; in one region only, by its name. Needs "
        "--true-cfg-scale above 1. May come several times.",
        PLAN,
        "TEXT[@REGION]",
    ),
]
Llm = Annotated[
    str | None,
    _option(
        "--llm",
        "Plan with this model of an OpenAI-compatible endpoint (OPENAI_API_KEY, OPENAI_BASE_URL); on this "
        "machine: local (see scenewright models fetch) or local:FILE.gguf. Else the built-in planner serves.",
        PLAN,
        "MODEL",
        "SCENEWRIGHT_LLM",
    ),
]
NoCache = Annotated[
    bool,
    _option(
        "--no-cache", "Ask the language model anew, where its replies are kept in ~/.cache/scenewright.", PLAN
    ),
]
LlmProfile = Annotated[
    Literal["auto", "full", "small", "details"],
    _option(
        "--llm-profile",
        "What the language model is asked for: full; small, places in words and few fields; details, no plan "
        "but looks of what the built-in planner reads; auto (the default): details with local, else full, "
        "unless its first plan shows that it is too much.",
        PLAN,
        "NAME",
    ),
]
LlmTimeout = Annotated[
    float | None,
    _option(
        "--llm-timeout",
        "Seconds that one answer of the language model may take (300 if not given; 900 with local): models "
        "that reason think for minutes.",
        PLAN,
        "SECONDS",
    ),
]
PromptLanguage = Annotated[
    str,
    _option(
        "--prompt-language",
        "The language in which the language model writes region prompts (English if not given: FLUX reads "
        "it best).",
        PLAN,
        "NAME",
    ),
]
LlmFallback = Annotated[
    bool,
    _option(
        "--llm-fallback",
        "Where the language model gives no plan, let the built-in planner plan, and say so; else the command "
        "ends with exit code 1.",
        PLAN,
    ),
]
LlmPrice = Annotated[
    str | None,
    _option(
        "--llm-price", "Dollars a million tokens read and written: tells what a plan cost.", PLAN, "IN,OUT"
    ),
]

JOINING = "What joins the drawing"

Loras = Annotated[
    list[str] | None,
    _option(
        "--lora",
        "A LoRA: a file, a folder or a hub name; with a weight; for one region only, by its name. May come "
        "several times.",
        JOINING,
        "PATH[:WEIGHT][@REGION]",
    ),
]
InitImage = Annotated[
    str | None, _option("--init-image", "Start from this picture, cut to the canvas.", JOINING, "FILE")
]
Strength = Annotated[
    float | None,
    _option("--strength", "How much of it is drawn anew, from 0 to 1 (0.6 if not given).", JOINING, "X"),
]
InpaintMask = Annotated[
    str | None, _option("--inpaint-mask", "Draw anew where this picture is white, only.", JOINING, "FILE")
]
Controls = Annotated[
    list[str] | None,
    _option("--control", "A depth map, pose or the like, for a --controlnet each.", JOINING, "FILE"),
]
ControlNets = Annotated[
    list[str] | None,
    _option("--controlnet", "The FLUX ControlNet that reads it: a folder or a hub name.", JOINING, "NAME"),
]

ModelName = Annotated[
    str | None,
    _option(
        "--model",
        "tiny (the default; ships with the program), a folder, or a hub name such as "
        "black-forest-labs/FLUX.1-dev.",
        PICTURE,
        "NAME",
    ),
]
SizeText = Annotated[
    str | None, _option("--size", "Pixels, multiples of 16, such as 1280x768.", PICTURE, "WxH")
]
Seeds = Annotated[
    str | None,
    _option(
        "--seed",
        "Same seed, same picture (0 if not given); several, as in 0,1,2, draw a picture each: "
        "picture-0.png and so on.",
        PICTURE,
        "N[,N]",
    ),
]
LowMemory = Annotated[
    bool,
    _option(
        "--low-memory",
        "Drop the text encoders before the rest of the model is loaded: the two are never there together.",
        PICTURE,
    ),
]
Steps = Annotated[int | None, _option("--steps", "Denoising steps.", PICTURE, "N")]
Guidance = Annotated[
    float | None, _option("--guidance-scale", "Distilled guidance (FLUX.1-dev).", PICTURE, "X")
]
TrueCfg = Annotated[
    float | None,
    _option("--true-cfg-scale", "Above 1: a negative pass a step, which knows what is absent.", PICTURE, "X"),
]

Chosen = Annotated[
    Literal["auto"] | None,
    _option(
        "--settings",
        "auto: choose from the layout what is not given here, where the model's card has rules for it.",
        REGIONS,
        "auto",
    ),
]
BaseRatio = Annotated[
    float | None,
    _option(
        "--base-ratio",
        "β, from 0 to 1: share of the whole picture's own prompt; 0 presses regions hardest.",
        REGIONS,
        "X",
    ),
]
InjectSteps = Annotated[
    str | None,
    _option("--inject-steps", "First steps with regions: a number (10) or a share (40%).", REGIONS, "T"),
]
Mode = Annotated[
    Literal["paper", "trimmed", "one-stream", "fast"] | None,
    _option(
        "--mode",
        "paper: exact; trimmed: prompts at their own length; one-stream (the default): one image in single "
        "blocks; fast: both.",
        REGIONS,
        "NAME",
    ),
]
Feather = Annotated[
    int | None,
    _option(
        "--feather",
        "Soft borders: over N tokens of 16 pixels a region is drawn in part from what lies beyond it.",
        REGIONS,
        "N",
    ),
]
DoubleInterval = Annotated[
    int | None, _option("--double-interval", "Mask every n-th double block.", REGIONS, "N")
]
SingleInterval = Annotated[
    int | None, _option("--single-interval", "Mask every n-th single block.", REGIONS, "N")
]
