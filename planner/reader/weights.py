"""The reader's weights: ONNX in eight bits, loaded once for each process.

The network runs on one core, so that its results repeat.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from planner.errors import WorldError
from planner.reader.tokens import Token, load_pieces, windows

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FOLDER = Path(__file__).with_name("model")
"""The folder of the files that ship with the program; evals/reader wrote them."""

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class OfWords:
    """Logits of n words: heads (n, 3: none, may, must), settings (n, 3), names (n,), owners (n, n: word i of
    head j); and their features (n, width).
    """

    features: Scores
    heads: Scores
    settings: Scores
    names: Scores
    owners: Scores


@dataclass(frozen=True)
class OfThings:
    """Of k things: logits of counts (k, 12), sides, heights, depths and relations (k, k, 11); boxes (k, 4)
    as the middle and the sides in 0 to 1.
    """

    counts: Scores
    horizontals: Scores
    verticals: Scores
    depths: Scores
    boxes: Scores
    relations: Scores


@dataclass(frozen=True)
class Weights:
    """The three graphs and the word pieces."""

    encoder: Any
    words: Any
    things: Any
    pieces: "Tokenizer"

    def of_words(self, words: Sequence[Token]) -> OfWords:
        """What the reader sees in each word, in the window in which it is nearest to the middle."""
        features = np.zeros((len(words), 384), dtype=np.float32)
        depth = np.full(len(words), -1)
        for window in windows(words, self.pieces):
            pieces = np.array([window.pieces], dtype=np.int64)
            (encoded,) = self.encoder.run(None, {"given": pieces})
            for place, (word, first) in enumerate(zip(window.words, window.first, strict=True)):
                inside = min(place, len(window.words) - 1 - place)
                if inside > depth[word]:
                    depth[word], features[word] = inside, encoded[0, min(first, pieces.shape[1] - 1)]
        return OfWords(features, *self.words.run(None, {"given": features}))

    def of_things(self, features: Scores, heads: Sequence[int]) -> OfThings:
        """What the reader sees in the words at the indices `heads` among all `features` (n, width)."""
        given = {"words": features, "heads": np.array(heads, dtype=np.int64)}
        return OfThings(*self.things.run(None, given))


@cache
def load_weights(folder: Path = FOLDER) -> Weights:
    """The weights in `folder`. Raises `WorldError` where a file is missing or damaged."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        graphs = [
            onnxruntime.InferenceSession(
                str(folder / f"{name}.onnx"), options, providers=["CPUExecutionProvider"]
            )
            for name in ("encoder", "words", "things")
        ]
        encoder, words, things = graphs
        return Weights(encoder, words, things, load_pieces(folder / "tokenizer.json"))
    except Exception as error:  # onnxruntime and tokenizers raise errors of many kinds for one damaged file
        reason = " ".join(str(error).split())[:160]
        raise WorldError(
            f"{folder}: the built-in planner's weights can't be read ({reason}): install scenewright again"
        ) from error
