"""`python -m evals.reader.train --out FOLDER`: train the reader on readings, and score it on others.

All readings and twelve epochs take some 45 minutes on two cores. The same seed gives the same weights on the
same machine.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from evals.reader.data import Labels, label_reading, mirrored, read_readings
from evals.reader.model import Reader, encoder_folder
from planner.reader.labels import PREDICATES, SETTINGS
from planner.reader.tokens import load_pieces, windows

READINGS = Path(__file__).parent / "readings"

USUAL = 40
"""Words of a prompt that counts once: one of ten times as many words counts three times as much."""

LENGTH_NOISE = 40
"""Words by which prompts of a batch may differ in length, about: similar lengths waste no padding."""


@dataclass(frozen=True)
class Example:
    """A prompt's first window as word pieces, the first piece of each word, and the labels."""

    pieces: tuple[int, ...]
    first: tuple[int, ...]
    labels: Labels


Sided = tuple[Example, ...]
"""A reading as it is, and mirrored if its words name sides."""


def examples(readings: Sequence[Labels], pieces: Tokenizer) -> list[Example]:
    """The readings as examples; prompts longer than a window are left out."""
    found: list[Example] = []
    for one in readings:
        window = windows(one.words, pieces)[0]
        if len(window.words) == len(one.words):
            found.append(Example(window.pieces, window.first, one))
    return found


def batches(data: Sequence[Sided], size: int, rng: random.Random) -> list[list[Example]]:
    """The data, each as it is or mirrored, in batches of prompts of similar length, in random order."""
    chosen = [rng.choice(sides) for sides in data]
    ordered = sorted(chosen, key=lambda one: len(one.first) + rng.random() * LENGTH_NOISE)
    cut = [ordered[i : i + size] for i in range(0, len(ordered), size)]
    rng.shuffle(cut)
    return cut


def features(model: Reader, batch: Sequence[Example]) -> Iterator[Tensor]:
    """The features of each prompt's words, (n, width)."""
    pieces = torch.zeros(len(batch), max(len(one.pieces) for one in batch), dtype=torch.long)
    for row, one in zip(pieces, batch, strict=True):
        row[: len(one.pieces)] = torch.tensor(one.pieces)
    with torch.autocast("cpu", torch.bfloat16, enabled=model.training and has_bfloat16()):
        encoded = model.encode(pieces)
    encoded = model.drop(encoded.float())
    for row, one in zip(encoded, batch, strict=True):
        yield row[torch.tensor(one.first)]


def has_bfloat16() -> bool:
    """Whether this processor multiplies in bfloat16 by itself; elsewhere it is slower than float32."""
    return bool(
        torch.backends.cpu.get_cpu_capability() == "AVX512" and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    )


def loss_of(model: Reader, words: Tensor, one: Labels) -> Tensor:
    """The loss of the model on a prompt with the features `words` (n, width)."""
    heads, settings, names, owners = model.words(words)
    number = words.shape[0]
    needs, in_setting = torch.zeros(number, dtype=torch.long), torch.zeros(number, len(SETTINGS))
    named = torch.zeros(number)
    for thing in one.things:
        needs[thing.head] = thing.need
        named[list(thing.name)] = 1
    for column, indices in enumerate(one.settings):
        in_setting[list(indices), column] = 1
    loss = functional.cross_entropy(heads, needs, weight=torch.tensor([1.0, 2.0, 2.0]))
    loss = loss + functional.binary_cross_entropy_with_logits(settings, in_setting)
    loss = loss + functional.binary_cross_entropy_with_logits(names, named)
    if not one.things:
        return loss
    at = torch.tensor([thing.head for thing in one.things])
    owned = torch.zeros(number, len(one.things))
    for column, thing in enumerate(one.things):
        owned[list(thing.owned), column] = 1
    loss = loss + 2 * functional.binary_cross_entropy_with_logits(owners[:, at], owned)
    return loss + _loss_of_things(model, words, at, one)


def _loss_of_things(model: Reader, words: Tensor, at: Tensor, one: Labels) -> Tensor:
    counts, horizontals, verticals, depths, boxes, relations = model.things(words, at)
    classes = functional.cross_entropy
    wanted = {
        name: torch.tensor([getattr(thing, name) for thing in one.things])
        for name in ("count", "horizontal", "vertical", "depth", "box")
    }
    loss = 0.3 * classes(counts, wanted["count"])
    loss = loss + 0.3 * classes(horizontals, wanted["horizontal"])
    loss = loss + 0.3 * classes(verticals, wanted["vertical"]) + 0.2 * classes(depths, wanted["depth"])
    loss = loss + 3 * functional.smooth_l1_loss(boxes, wanted["box"], beta=0.05)
    number = len(one.things)
    if number > 1:
        stated = torch.zeros(number, number, dtype=torch.long)
        for subject, other, predicate in one.relations:
            stated[subject, other] = predicate
        apart = ~torch.eye(number, dtype=torch.bool)
        weight = torch.tensor([0.3] + [1.0] * (len(PREDICATES) - 1))
        loss = loss + 0.5 * classes(relations[apart], stated[apart], weight=weight)
    return loss


def score(model: Reader, data: Sequence[Example]) -> dict[str, float]:
    """How well it reads: shares of words, things and pairs that it gets right, by its likeliest answers."""
    sums: dict[str, list[float]] = {}

    def add(name: str, values: Sequence[float]) -> None:
        sums.setdefault(name, []).extend(values)

    model.eval()
    with torch.no_grad():
        for one in data:
            (words,) = features(model, [one])
            heads, settings, names, owners = model.words(words)
            named = {i for i, logit in enumerate(names.tolist()) if logit > 0}
            found = {i for i, need in enumerate(heads.argmax(1).tolist()) if need}
            wanted = {thing.head for thing in one.labels.things}
            add("head precision", [float(i in wanted) for i in found])
            add("head recall", [float(i in found) for i in wanted])
            must = [thing.head for thing in one.labels.things if thing.need == 2]
            add("must recall", [float(i in found) for i in must])
            for column, name in enumerate(SETTINGS):
                likely = {i for i, logit in enumerate(settings[:, column].tolist()) if logit > 0}
                right = set(one.labels.settings[column])
                add(name, [len(likely & right) / len(likely | right)] if likely | right else [])
            for thing in one.labels.things:
                own = {i for i, logit in enumerate(owners[:, thing.head].tolist()) if logit > 0} | {
                    thing.head
                }
                add("own words", [len(own & set(thing.owned)) / len(thing.owned)])
                add("names", [float({*thing.name[:-1]} <= named and thing.name[0] - 1 not in named)])
                add("foreign words", [len(own - set(thing.owned)) / len(own)])
            _score_things(model, words, one.labels, add)
    model.train()
    return {name: sum(values) / len(values) for name, values in sums.items() if values}


def _score_things(
    model: Reader, words: Tensor, one: Labels, add: Callable[[str, Sequence[float]], None]
) -> None:
    if not one.things:
        return
    counts, horizontals, verticals, _, boxes, relations = model.things(
        words, torch.tensor([thing.head for thing in one.things])
    )
    add("counts", [float(c == t.count) for c, t in zip(counts.argmax(1).tolist(), one.things, strict=True)])
    places = zip(horizontals.argmax(1).tolist(), verticals.argmax(1).tolist(), one.things, strict=True)
    add("places", [float((h, v) == (t.horizontal, t.vertical)) for h, v, t in places])
    add(
        "box error",
        [
            abs(a - b)
            for box, t in zip(boxes.tolist(), one.things, strict=True)
            for a, b in zip(box, t.box, strict=True)
        ],
    )
    likely = relations.argmax(2)
    stated = {(s, o): p for s, o, p in one.relations}
    number = range(len(one.things))
    pairs = [(s, o) for s in number for o in number if s != o]
    add("relation recall", [float(int(likely[pair]) == p) for pair, p in stated.items()])
    add("relation precision", [float(int(likely[p]) == stated.get(p, 0)) for p in pairs if int(likely[p])])


def train(model: Reader, data: Sequence[Sided], held: Sequence[Example], options: argparse.Namespace) -> None:
    """Train the model; its losses and its scores on held-out readings go to curve.jsonl and stdout."""
    rng = random.Random(options.seed)
    steps = options.epochs * -(-len(data) // options.batch)
    encoder = [each for each in model.encoder.parameters() if each.requires_grad]
    own = {id(parameter) for parameter in encoder}
    rest = [each for each in model.parameters() if each.requires_grad and id(each) not in own]
    optimiser = torch.optim.AdamW(
        [{"params": encoder, "lr": 1e-4}, {"params": rest, "lr": 1e-3}], weight_decay=0.01
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [1e-4, 1e-3], total_steps=steps, pct_start=0.1)
    began = time.monotonic()
    for epoch in range(options.epochs):
        model.train()
        total = 0.0
        for batch in batches(data, options.batch, rng):
            losses = [
                float((w.shape[0] / USUAL) ** 0.5) * loss_of(model, w, one.labels)
                for w, one in zip(features(model, batch), batch, strict=True)
            ]
            loss = torch.stack(losses).mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += loss.item() * len(batch)
        record = {
            "epoch": epoch,
            "seconds": round(time.monotonic() - began),
            "loss": round(total / len(data), 4),
        }
        if held and (epoch % 3 == 2 or epoch == options.epochs - 1):
            record |= {name: round(value, 4) for name, value in score(model, held).items()}
        with (options.out / "curve.jsonl").open("a", encoding="utf-8") as curve:
            curve.write(json.dumps(record) + "\n")
        print(json.dumps(record), flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and write reader.pt and curve.jsonl into --out; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evals.reader.train", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--readings", type=Path, nargs="*", default=sorted(READINGS.glob("*.jsonl")))
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--held-out", type=float, default=0.05, help="share of the readings to score on")
    parser.add_argument("--data", type=float, default=1.0, help="share of the others to train on")
    parser.add_argument("--no-mirror", action="store_true", help="train on no mirrored readings")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    pieces = load_pieces(encoder_folder() / "tokenizer.json")
    readings = read_readings(options.readings)
    random.Random(options.seed).shuffle(readings)
    count = round(len(readings) * options.held_out)
    held, learnt = readings[:count], readings[count:]
    learnt = learnt[: round(len(learnt) * options.data)]
    flips = [None if options.no_mirror else mirrored(one) for one in learnt]
    both = ([one, flip] if flip else [one] for one, flip in zip(learnt, flips, strict=True))
    sided = (tuple(examples([label_reading(side) for side in sides], pieces)) for sides in both)
    data = [sides for sides in sided if sides]
    print(f"{len(data)} readings are learnt, {count} held out", file=sys.stderr)
    model = Reader()
    train(model, data, examples([label_reading(one) for one in held], pieces), options)
    torch.save(model.state_dict(), options.out / "reader.pt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
