"""The drawing command: a plan or pictures written by the API, and progress and messages on stderr."""

import sys
from functools import partial
from pathlib import Path

from planner.draw import draw_png, draw_svg, mask_images
from planner.draw.drawing import letters_of
from planner.draw.fonts import Fonts, advice, read_fonts, unshown
from planner.errors import UserError
from planner.files import dump_plan, write_atomic
from planner.plans import Plan
from renderer.cards import model_card
from renderer.job import Job, job_of
from renderer.options import Options
from renderer.pictures import check_file, check_folder, png_bytes
from renderer.pipeline import generate_many, layout_of, make_plan, settle
from renderer.progress import Progress, print_message
from renderer.terminal import show_account, show_reading
from renderer.warning import warnings_to

PICTURE = Path("picture.png")

MAX_LETTERS = 24
"""So many of the letters that no font shows are named."""


def draw(options: Options) -> None:
    """Plan, and draw unless only the plan was asked for; stdout gets data alone.

    Raises `UserError` and `WorldError`, before anything is written where that can be known.
    """
    # 1. Check everything that can be checked before the work.
    job = job_of(options)
    try:
        fonts = read_fonts(options.font)
    except UserError as error:
        raise UserError(error.text, "font") from error
    if options.plan_only and options.output is not None:
        check_file(options.output, (".png", ".svg"))
    if not options.plan_only:
        check_file(options.output or PICTURE, (".png",))
    if options.masks is not None:
        check_folder(options.masks)

    # 2. Plan, or draw and write each picture as soon as it is drawn.
    paths = list[Path]()
    if options.plan_only:
        plan = _plan(job, options)
        if options.output is not None:
            write_atomic(options.output, _layout_image(plan, options.output, fonts, options.quiet))
    else:
        plan, paths = _write_pictures(job, options)

    # 3. Write the masks, and tell what was planned.
    if options.masks is not None:
        try:
            options.masks.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"{options.masks}: the folder can't be made ({error.strerror})", "masks"
            ) from error
        for name, image in mask_images(layout_of(plan)).items():
            write_atomic(options.masks / name, png_bytes(image))
    if options.prompt is not None and options.llm is None:
        print_message("the built-in planner planned, since no language model is set (--llm)", options.quiet)
    for note in plan.notes:
        print_message(f"{note.kind}: {note.name}: {note.text}", options.quiet)
    show_account(plan, options.quiet)
    if options.explain:
        show_reading(plan.scene.prompt)

    # 4. Print the data: the plan, or the names of the pictures.
    sys.stdout.write(dump_plan(plan) if options.plan_only else "".join(f"{path}\n" for path in paths))
    if options.prompt is not None and plan.origin.usage is not None:
        from planner.chat.usage import in_words

        cost = job.price.of(plan.origin.usage) if job.price else None
        print_message(f"the language model took {in_words(plan.origin.usage, cost)}", options.quiet)


def _plan(job: Job, options: Options) -> Plan:
    with Progress(options.quiet) as progress:
        progress("planning", 0, 1)
        if isinstance(job.subject, Plan):
            plan = settle(job.subject, job.size, job.edits)
        else:
            size = job.size or model_card(job.model).size
            plan = make_plan(job.subject, job.planner, size, job.seeds[0], job.edits)
        progress("planning", 1, 1)
    return plan


def _write_pictures(job: Job, options: Options) -> tuple[Plan, list[Path]]:
    """Draw and write a picture for each seed; returns the plan and the pictures' paths."""
    output, paths, plans = options.output or PICTURE, list[Path](), list[Plan]()
    with Progress(options.quiet) as progress, warnings_to(partial(print_message, quiet=options.quiet)):
        results = generate_many(
            [job.subject],
            seeds=job.seeds,
            size=job.size,
            model=job.model,
            planner=job.planner,
            settings=job.settings,
            extras=job.extras,
            edits=job.edits,
            low_memory=job.low_memory,
            on_stage=progress,
        )
        for result in results:
            several = f"{output.stem}-{result.seed}{output.suffix}"
            paths.append(output if len(job.seeds) == 1 else output.with_name(several))
            plans.append(result.plan)
            write_atomic(paths[-1], result.png())
    return plans[0], paths


def _layout_image(plan: Plan, path: Path, fonts: Fonts, quiet: bool) -> bytes:
    """The layout in the format of the file's ending. In a PNG, letters that no font has are named."""
    layout = layout_of(plan)
    if path.suffix.lower() == ".svg":
        return draw_svg(layout, plan.account, fonts).encode()
    if letters := unshown(letters_of(layout, plan.account), fonts):
        some = letters if len(letters) <= MAX_LETTERS else f"{letters[:MAX_LETTERS]}…"
        print_message(f"{path}: no font shows {some}: install {advice(letters)}, or give --font FILE", quiet)
    return png_bytes(draw_png(layout, plan.account, fonts))
