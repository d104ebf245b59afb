"""What the command line orders, carried out with the API: files in and out, progress on stderr."""

import sys
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from planner.draw import draw_png, draw_svg, mask_images
from planner.draw.drawing import letters_of
from planner.draw.fonts import Fonts, advice, read_fonts, unshown
from planner.errors import UserError
from planner.files import dump_plan, write_atomic
from planner.plans import Plan
from renderer.account import show_account
from renderer.cards import model_card
from renderer.explained import show_reading
from renderer.orders import Job, Order, job_of
from renderer.pictures import check_file, check_folder, png_bytes
from renderer.pipeline import Result, generate_many, layout_of, make_plan, settle
from renderer.progress import Progress, say

PICTURE = Path("picture.png")

MOST_LETTERS = 24
"""So many of the letters that no font shows are told."""


def carry_out(order: Order) -> None:
    """Plan, and draw unless only the plan was asked for; stdout gets data alone.

    Raises `UserError` and `WorldError`, before anything is written where that can be known.
    """
    job = job_of(order)
    fonts = _fonts(order)
    _check_outputs(order)
    if order.plan_only:
        plan = _plan(job, Progress(order.quiet))
        _put_plan(plan, order, fonts)
    else:
        plan = _put_pictures(job, order)
    _bill(plan, job, order)


def _fonts(order: Order) -> Fonts:
    try:
        return read_fonts(order.font)
    except UserError as error:
        raise UserError(f"--font {error}") from error


def _check_outputs(order: Order) -> None:
    if order.plan_only and order.output is not None:
        check_file(order.output, (".png", ".svg"))
    if not order.plan_only:
        check_file(order.output or PICTURE, (".png",))
    if order.masks is not None:
        check_folder(order.masks)


def _plan(job: Job, progress: Progress) -> Plan:
    with progress:
        progress("planning", 0, 1)
        if isinstance(job.subject, Plan):
            plan = settle(job.subject, job.size, job.edits)
        else:
            size = job.size or model_card(job.model).size
            plan = make_plan(job.subject, job.planner, size, job.seeds[0], job.edits)
        progress("planning", 1, 1)
    return plan


def _put_pictures(job: Job, order: Order) -> Plan:
    """Draw, and write each picture as soon as it is drawn; their names go to stdout. Returns the plan."""
    progress, done = Progress(order.quiet), list[tuple[Path, Result]]()
    with progress, warnings.catch_warnings():
        warnings.showwarning = partial(_say_warning, order.quiet)
        for result in _draw(job, progress):
            path = _named(order.output or PICTURE, result.seed, len(job.seeds))
            write_atomic(path, result.png())
            done.append((path, result))
    plan = done[0][1].plan
    _put_masks(plan, order)
    _account(plan, order)
    sys.stdout.writelines(f"{path}\n" for path, _ in done)
    return plan


def _say_warning(quiet: bool, message: Warning | str, *_where: object) -> None:
    say(str(message), quiet)


def _draw(job: Job, progress: Progress) -> Iterator[Result]:
    return generate_many(
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


def _named(path: Path, seed: int, pictures: int) -> Path:
    """Where the picture of a seed goes: of several, each has its seed in its name."""
    return path if pictures == 1 else path.with_name(f"{path.stem}-{seed}{path.suffix}")


def _put_plan(plan: Plan, order: Order, fonts: Fonts) -> None:
    if order.output is not None:
        write_atomic(order.output, _drawn(plan, order.output, fonts, order.quiet))
    _put_masks(plan, order)
    _account(plan, order)
    if order.explain:
        show_reading(plan.scene.prompt)
    sys.stdout.write(dump_plan(plan))


def _drawn(plan: Plan, path: Path, fonts: Fonts, quiet: bool) -> bytes:
    """The layout as the file's ending says; letters that no font has are told, for a browser has its own."""
    layout = layout_of(plan)
    if path.suffix.lower() == ".svg":
        return draw_svg(layout, plan.account, fonts).encode()
    if letters := unshown(letters_of(layout, plan.account), fonts):
        some = letters if len(letters) <= MOST_LETTERS else f"{letters[:MOST_LETTERS]}…"
        say(f"{path}: no font shows {some}: install {advice(letters)}, or give --font FILE", quiet)
    return png_bytes(draw_png(layout, plan.account, fonts))


def _put_masks(plan: Plan, order: Order) -> None:
    if order.masks is None:
        return
    try:
        order.masks.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--masks {order.masks}: the folder can't be made ({error.strerror})") from error
    for name, image in mask_images(layout_of(plan)).items():
        write_atomic(order.masks / name, png_bytes(image))


def _bill(plan: Plan, job: Job, order: Order) -> None:
    """What the language model took, if one was asked now."""
    usage = plan.origin.usage
    if usage is None or order.prompt is None:
        return
    from planner.chat.usage import in_words

    cost = job.price.of(usage) if job.price else None
    say(f"the language model took {in_words(usage, cost)}", order.quiet)


def _account(plan: Plan, order: Order) -> None:
    if order.prompt is not None and order.named.llm is None:
        say("the built-in planner planned, since no language model is set (--llm)", order.quiet)
    for note in plan.notes:
        say(f"{note.kind}: {note.name}: {note.text}", order.quiet)
    show_account(plan, order.quiet)
