"""Mutations of valid inputs, the same for the same random numbers."""

import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, cast

from tests.hostile.inputs import (
    CONTROLS,
    SIGNATURE,
    bomb_png,
    chunk,
    completion,
    data_url,
    huge_png,
    mask_png,
    masked,
    other_formats,
    picture,
    picture_row,
    plan,
    plan_row,
    plan_with,
    record,
    region,
    reply,
    run_record,
    scene,
    text_chunk,
)

_FORMATS = other_formats()

_VALUES: tuple[object, ...] = (
    *(None, True, False, 0, -1, 1, 1.5, 1000, 10**6, 10**18, 10**40, float("nan"), float("inf"), 1e308),
    *(
        "",
        " ",
        "a",
        "a" * 5000,
        CONTROLS,
        "\ud800",
        "a\nb",
        "<script>",
        "[/]",
        "../outside/mask.png",
        "/etc/passwd",
    ),
    *([], {}, [[]], [None], {"": None}, ["a"] * 50, {"mask": "../outside/mask.png"}, {"mask": "/dev/zero"}),
    *({"x0": 0, "y0": 0, "x1": 1, "y1": 1}, {"points": [{"x": 0, "y": 0}] * 3}),
    *(data_url(_FORMATS["EPS"]), data_url(mask_png(8, 8)), data_url(huge_png(50_000, 50_000)), "evil.py"),
    *("tiny", "stranger/model", "9" * 5000, "image", "http://127.0.0.1:9/"),
)
"""What is put in place of values."""

_RAW = (
    b"9" * 5000,
    b"1e999",
    b"NaN",
    b"[" * 2000,
    b"{" * 2000,
    b"\0",
    b"\xff",
    b'"',
    b"\\u0000",
    b"\\ud800",
    b"-",
)
"""What is put into the text of JSON."""

PLANS = (
    plan(),
    plan_with(where={"horizontal": "left", "vertical": "top", "size": "small"}, count=3),
    plan_with(where={"points": [{"x": 0, "y": 0}, {"x": 900, "y": 0}, {"x": 0, "y": 900}]}),
    masked(data_url(mask_png())),
    plan(
        scene=scene(
            regions=[region(), region(name="ring", where=None)],
            relations=[{"subject": "star", "predicate": "above", "object": "ring"}],
        ),
        notes=[{"kind": "moved", "name": "star", "text": "The star was moved."}],
    ),
)


def places(value: object) -> Iterator[tuple[Any, Any]]:
    """Every place of a JSON value, as its container and key or index."""
    if isinstance(value, dict):
        for name, inner in cast(dict[str, object], value).items():
            yield value, name
            yield from places(inner)
    elif isinstance(value, list):
        for index, inner in enumerate(cast(list[object], value)):
            yield value, index
            yield from places(inner)


def mutated(value: object, random: Random) -> object:
    """A copy of a JSON value with one or two changes: a value replaced, removed, doubled or moved."""
    copied = json.loads(json.dumps(value))
    for _ in range(random.randint(1, 2)):
        found = [*places(copied)]
        if not found:
            return copied
        home, key = random.choice(found)
        match random.randrange(5):
            case 0 | 1:
                home[key] = random.choice(_VALUES)
            case 2:
                del home[key]
            case 3:
                other, name = random.choice(found)
                home[key] = json.loads(json.dumps(other.get(name) if isinstance(other, dict) else None))
            case _:
                if isinstance(home, list):
                    home.extend([home[key]] * random.choice((1, 40, 500)))
                else:
                    home[random.choice((CONTROLS, "unknown", "a" * 2000))] = home[key]
    return copied


def spoilt(content: bytes, random: Random) -> bytes:
    """Bytes with one to four changes: some replaced, cut, doubled or put in."""
    data = bytearray(content)
    for _ in range(random.randint(1, 4)):
        start = random.randrange(len(data) + 1)
        end = min(len(data), start + random.choice((1, 2, 8, 100)))
        match random.randrange(5):
            case 0:
                data[start:end] = random.randbytes(end - start)
            case 1:
                del data[start:end]
            case 2:
                data[start:start] = data[start:end] * random.choice((1, 3, 50))
            case 3:
                data[start:start] = random.choice(_RAW)
            case _:
                data = data[: max(start, 1)]
    return bytes(data)


def json_bytes(value: object, random: Random) -> bytes:
    """A JSON value, changed as a value or, less often, as bytes."""
    how = random.randrange(4)
    changed = value if how == 0 else mutated(value, random)
    text = json.dumps(changed, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
    return spoilt(text, random) if how == 0 else text


def plan_bytes(random: Random) -> bytes:
    """A plan."""
    return json_bytes(random.choice(PLANS), random)


def picture_bytes(random: Random) -> bytes:
    """A picture with a record, of which the record, the chunks or the bytes are changed."""
    chosen = record(plan=random.choice(PLANS), settings={"steps": 4, "base_ratio": 0.2})
    text = json_bytes(chosen, random) if random.random() < 0.5 else json.dumps(chosen).encode()
    kind = random.choice(("iTXt", "iTXt-z", "zTXt", "tEXt"))
    content = picture(text.decode("utf-8", "surrogateescape").replace("\udcff", "?"), kind)
    match random.randrange(4):
        case 0:
            return content
        case 1:
            return spoilt(content, random)
        case 2:
            return _rechunked(content, random)
        case _:
            others = (bomb_png(9000), huge_png(70_000, 70_000), *_FORMATS.values())
            return content if random.random() < 0.7 else random.choice(others)


def _rechunked(content: bytes, random: Random) -> bytes:
    """A PNG with a chunk removed, doubled, moved, emptied, filled up or given another length."""
    chunks, place = list[tuple[bytes, bytes]](), len(SIGNATURE)
    while place < len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        chunks.append((content[place + 4 : place + 8], content[place + 8 : place + 8 + length]))
        place += length + 12
    index = random.randrange(len(chunks))
    kind, data = chunks[index]
    match random.randrange(6):
        case 0:
            del chunks[index]
        case 1:
            chunks[index:index] = [chunks[index]] * random.choice((1, 20))
        case 2:
            chunks.append(chunks.pop(index))
        case 3:
            chunks[index] = kind, b""
        case 4:
            chunks[index] = kind, zlib.compress(b"\0" * 10_000_000)
        case _:
            chunks[index] = (
                random.choice((b"IDAT", b"tRNS", b"PLTE", b"acTL", b"eXIf", b"iCCP", b"zTXt")),
                data,
            )
    made = SIGNATURE + b"".join(chunk(kind, data) for kind, data in chunks)
    bomb = text_chunk(" " * 5_000_000, "zTXt")
    return made + bomb if random.random() < 0.1 else made


def reply_bytes(random: Random) -> bytes:
    """The body of an endpoint's answer: the body, the text or the plan is changed."""
    match random.randrange(3):
        case 0:
            return json_bytes(completion(json.dumps(reply())), random)
        case 1:
            text = spoilt(json.dumps(reply()).encode(), random).decode("utf-8", "replace")
            return json.dumps(completion(text, random.choice(("stop", "length", "content_filter")))).encode()
        case _:
            changed = json.dumps(mutated(reply(), random))
            fence = random.choice(("{}", "```json\n{}\n```", "<think>{{</think>{}", "Here: {} and {{}}"))
            return json.dumps(completion(fence.format(changed))).encode()


def write_run(folder: Path, random: Random) -> None:
    """Write the folder of a run, of which one of the files is changed; its path is `folder`."""
    (folder / "plans").mkdir(parents=True)
    victim = random.randrange(4)
    rows: list[Any] = [picture_row("plain"), picture_row("regional")]
    files = {
        "run.json": [run_record()],
        "rows.jsonl": rows,
        "plans/rows.jsonl": [plan_row(scene=random.choice(PLANS)["scene"])],
    }
    for number, (name, values) in enumerate(files.items()):
        texts = [json.dumps(value).encode() for value in values]
        if number == victim:
            texts[0] = json_bytes(values[0], random)
        (folder / name).write_bytes(b"".join(text + b"\n" for text in texts))
    for arm in ("plain", "regional"):
        path = folder / arm / "00000" / "samples" / "0000.png"
        path.parent.mkdir(parents=True)
        path.write_bytes(picture_bytes(random) if victim == len(files) else mask_png())
