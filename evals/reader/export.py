"""`python -m evals.reader.export FOLDER`: a trained reader as the files that ship, in eight bits.

Three graphs: pieces to features (`encoder.onnx`), words to heads, settings, names and owners (`words.onnx`),
heads of things to counts, places, boxes and relations (`things.onnx`).
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor, nn

from evals.reader.model import WIDTH, Reader, encoder_folder
from planner.reader.weights import FOLDER


class _Encoder(nn.Module):
    """One window at a time: no piece is missing, so nothing is masked."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.encoder = reader.encoder

    def forward(self, pieces: Tensor) -> Tensor:
        return self.encoder(input_ids=pieces, attention_mask=torch.ones_like(pieces)).last_hidden_state


def export(reader: Reader, pieces: Path, folder: Path) -> None:
    """Write the three graphs, and the vocabulary in the file `pieces`, into `folder`."""
    from onnxruntime.quantization import QuantType, quantize_dynamic  # pyright: ignore[reportMissingTypeStubs]

    eight_bits: dict[str, Any] = {"weight_type": QuantType.QInt8, "per_channel": True}
    reader.eval()
    folder.mkdir(parents=True, exist_ok=True)
    graphs: dict[str, tuple[nn.Module, dict[str, Tensor], list[str], dict[str, dict[int, str]]]] = {
        "encoder": (
            _Encoder(reader),
            {"given": torch.ones(1, 9, dtype=torch.long)},
            ["features"],
            {"given": {1: "length"}},
        ),
        "words": (
            reader.words,
            {"given": torch.randn(7, WIDTH)},
            ["heads", "settings", "names", "owners"],
            {"given": {0: "n"}, "owners": {0: "n", 1: "n"}},
        ),
        "things": (
            reader.things,
            {"words": torch.randn(7, WIDTH), "heads": torch.tensor([1, 3, 4])},
            ["counts", "horizontals", "verticals", "depths", "boxes", "relations"],
            {"words": {0: "n"}, "heads": {0: "k"}, "relations": {0: "k", 1: "k"}},
        ),
    }
    with TemporaryDirectory() as drafts:
        for name, (module, examples, outputs, axes) in graphs.items():
            draft = Path(drafts) / f"{name}.onnx"
            torch.onnx.export(
                module,
                tuple(examples.values()),
                str(draft),
                input_names=list(examples),
                output_names=outputs,
                dynamic_axes=axes,
                opset_version=17,
                dynamo=False,
            )
            quantize_dynamic(draft, folder / f"{name}.onnx", **eight_bits)
    shutil.copyfile(pieces, folder / "tokenizer.json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Export reader.pt of a folder; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evals.reader.export", description=__doc__)
    parser.add_argument("folder", type=Path, help="the --out folder of a training")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where the files go: where they ship from")
    options = parser.parse_args(arguments)
    reader = Reader()
    reader.load_state_dict(torch.load(options.folder / "reader.pt", weights_only=True))
    export(reader, encoder_folder() / "tokenizer.json", options.out)
    for file in sorted(options.out.glob("*")):
        print(f"{file.name}: {file.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
