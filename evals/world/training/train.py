"""Train tiny-flux and its judge from nothing: `python -m evals.world.training.train --out runs/tiny`.

Stages run in order, each on from where it was stopped: the autoencoder, its decoder once more, the detector,
T5 by itself, then transformer and CLIP together; at last the pipeline folder is written. Every batch is a
function of its number, so a run that was cut off goes on as if it had not been.
"""

import argparse
import copy
import json
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxPipeline
from safetensors.torch import load_file, load_model, save_file, save_model
from torch import Tensor

from evals.world.detector import trained_detector
from evals.world.facts import PROMPT_KINDS, SIDE
from evals.world.training.curriculum import PHASES, Phase, shortened
from evals.world.training.data import CaptionedBatches, Pictures, loader
from evals.world.training.detector import LabelledPictures, train_detector
from evals.world.training.flow import FlowTrainer, TinyFlux, encode_pool
from evals.world.training.progress import Curve
from evals.world.training.t5 import Captions, train_t5
from evals.world.training.text import TEXT_TOKENS, tokenizers
from evals.world.training.vae import finetune_decoder, new_vae, normalise_latents, train_vae
from evals.world.words import KIND_WORDS

T = TypeVar("T")
M = TypeVar("M", bound=torch.nn.Module)

VAE_SEEDS, DECODER_SEEDS, DETECTOR_SEEDS, POOL_SEEDS = 10_000_000, 15_000_000, 20_000_000, 30_000_000
"""First seeds of the pictures of each stage: no stage sees another's, and tests use seeds below them all."""

STAGES = ("detector", "t5", "flow")

DEFAULTS = {
    "size": {"width": SIDE, "height": SIDE},
    "recipe": {
        "steps": 24,
        "guidance_scale": 1.0,
        "true_cfg_scale": 3.0,
        "base_ratio": 0.2,
        "inject_steps": "70%",
        "double_interval": 1,
        "single_interval": 1,
        "max_sequence_length": TEXT_TOKENS,
        "setting_in_regions": True,
        "mode": "one-stream",
    },
    "draws": {kind: list(dict.fromkeys(KIND_WORDS[kind])) for kind in PROMPT_KINDS},
}
"""How the program runs the checkpoint where its user says nothing else; stored beside it."""


@dataclass(frozen=True)
class Run:
    """The options of the command line."""

    out: Path
    stages: tuple[str, ...]
    device: torch.device
    workers: int
    batch: int
    vae_steps: int
    decoder_steps: int
    detector_steps: int
    t5_steps: int
    pool: int
    shorten: int
    tokens: int | None
    every: int
    start_from: Path | None
    from_phase: int

    @property
    def phases(self) -> tuple[Phase, ...]:
        """What the transformer is shown."""
        phases = shortened(PHASES[self.from_phase - 1 :], self.shorten)
        return tuple(replace(phase, tokens=self.tokens or phase.tokens) for phase in phases)

    @property
    def t5(self) -> Path:
        """The file of T5 once it was trained by itself."""
        return self.out / "t5.safetensors"

    def curve(self, stage: str) -> Curve:
        """The record of a stage."""
        return Curve(self.out / f"{stage}.jsonl")


def vae_stage(run: Run) -> AutoencoderKL:
    """The run's autoencoder: that of the pipeline it starts from, if any, else trained now if it wasn't."""
    vae, path = new_vae(), run.out / "vae.safetensors"
    if not path.exists() and run.start_from is not None:
        vae = AutoencoderKL.from_pretrained(run.start_from / "vae", torch_dtype=torch.float32)
        save_file({k: v.contiguous() for k, v in vae.state_dict().items()}, path)
    elif not path.exists():
        batches = loader(Pictures(run.vae_steps, run.batch, VAE_SEEDS), run.workers)
        train_vae(vae, batches, run.vae_steps, run.device, run.curve("vae"))
        vae.cpu().float()
        normalise_latents(vae, Pictures(1, 4 * run.batch, VAE_SEEDS - 4 * run.batch)[0])
        save_file({k: v.contiguous() for k, v in vae.state_dict().items()}, path)
    load_model(vae, path)
    return vae.eval().requires_grad_(False)


def decoder_stage(run: Run, vae: AutoencoderKL) -> None:
    """Train the decoder once more if it wasn't; that of a pipeline folder was, before it was exported."""
    if run.start_from is not None:
        return
    path = run.out / "decoder.safetensors"
    if not path.exists():
        size = max(1, run.batch // 4)
        batches = loader(Pictures(run.decoder_steps, size, DECODER_SEEDS), run.workers)
        finetune_decoder(vae, batches, run.decoder_steps, run.device, run.curve("decoder"))
        vae.cpu()
        save_file({k: v.contiguous() for k, v in vae.state_dict().items()}, path)
    load_model(vae, path)


def detector_stage(run: Run, vae: AutoencoderKL) -> None:
    """Train the run's detector if it wasn't; on from the one that ships where the run starts from weights."""
    path = run.out / "detector.safetensors"
    if path.exists():
        return
    batches = loader(LabelledPictures(run.detector_steps, run.batch, DETECTOR_SEEDS), run.workers)
    vae.to(run.device)  # pyright: ignore[reportArgumentType]
    start = trained_detector() if run.start_from is not None else None
    detector = train_detector(batches, vae, run.detector_steps, run.device, run.curve("detector"), start)
    save_model(detector.cpu().half(), str(path))


def t5_stage(run: Run) -> None:
    """Train T5 by itself if it wasn't, on from that of the pipeline that the run starts from."""
    if run.t5.exists():
        return
    model = TinyFlux()
    if run.start_from is not None:
        model.start_from(run.start_from)
    batches = loader(Captions(run.t5_steps), run.workers)
    trained = train_t5(model.t5, batches, run.t5_steps, run.device, run.curve("t5"))
    save_model(trained.cpu(), str(run.t5))  # pyright: ignore[reportArgumentType]


def flow_stage(run: Run, vae: AutoencoderKL) -> FlowTrainer:
    """Train transformer and CLIP to the run's last step, with T5 as it was trained by itself, if it was."""
    trainer = FlowTrainer(run.phases, run.device)
    if run.start_from is not None:
        trainer.start_from(run.start_from)
    if run.t5.exists():
        trainer.load_t5(run.t5)
    checkpoint = run.out / "flow.pt"
    if checkpoint.exists():
        trainer.load(checkpoint)
    if trainer.step < trainer.steps:
        latents = _pool(run, vae)

        def save() -> None:
            trainer.save(checkpoint)
            export_pipeline(run.out / "pipeline", vae, trainer.average)

        batches = loader(CaptionedBatches(run.phases, len(latents), POOL_SEEDS), run.workers, trainer.step)
        trainer.train(batches, latents, run.curve("flow"), save, run.every)
    return trainer


def _pool(run: Run, vae: AutoencoderKL) -> Tensor:
    """The latents of the pictures to train on, on the run's device; kept for when the run goes on."""
    path = run.out / "latents.safetensors"
    if not path.exists():
        # On a CPU four at a time take half as long each as sixteen: what a layer makes stays in cache.
        size = 2 * run.batch if run.device.type == "cuda" else 4
        pictures = loader(Pictures(run.pool // size, size, POOL_SEEDS), run.workers)
        save_file({"latents": encode_pool(vae, pictures, run.device)}, path)
    return load_file(path, device=str(run.device))["latents"]


def export_pipeline(folder: Path, vae: AutoencoderKL, model: TinyFlux) -> None:
    """Write the pipeline folder, with its defaults in scenewright.json."""
    both = tokenizers()
    pipeline = FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift=3.0),
        vae=_half(vae),
        text_encoder=_half(model.clip),
        tokenizer=both.clip,
        text_encoder_2=_half(model.t5),
        tokenizer_2=both.t5,  # pyright: ignore[reportArgumentType]
        transformer=_half(model.transformer),
    )
    pipeline.save_pretrained(folder)
    (folder / "scenewright.json").write_text(json.dumps(DEFAULTS, indent=2) + "\n")


def _half(module: M) -> M:
    return copy.deepcopy(module).cpu().to(torch.float16)


def run_stages(run: Run) -> None:
    """The stages asked for, each after those that it needs; the time that each took goes to times.jsonl."""
    run.out.mkdir(parents=True, exist_ok=True)
    vae = _timed(run, "vae", lambda: vae_stage(run))
    _timed(run, "decoder", lambda: decoder_stage(run, vae))
    if "detector" in run.stages:
        _timed(run, "detector", lambda: detector_stage(run, vae))
    if "t5" in run.stages:
        _timed(run, "t5", lambda: t5_stage(run))
    if "flow" in run.stages:
        trainer = _timed(run, "flow", lambda: flow_stage(run, vae))
        export_pipeline(run.out / "pipeline", vae, trainer.average)


def _timed(run: Run, stage: str, work: Callable[[], T]) -> T:
    start = time.monotonic()
    result = work()
    device = torch.cuda.get_device_name() if run.device.type == "cuda" else platform.processor() or "cpu"
    seconds = round(time.monotonic() - start, 1)
    with (run.out / "times.jsonl").open("a") as file:
        file.write(json.dumps({"stage": stage, "seconds": seconds, "device": device}) + "\n")
    return result


def parse(arguments: Sequence[str] | None = None) -> Run:
    """The command line as a run; what it leaves out suits the machine."""
    cuda = torch.cuda.is_available()
    parser = argparse.ArgumentParser(prog="python -m evals.world.training.train", description=__doc__)
    option = parser.add_argument
    option("--out", type=Path, default=Path("runs/tiny"))
    option(
        "--stages",
        type=_stages,
        default=STAGES,
        help="some of detector, t5 and flow; each brings the autoencoder",
    )
    option("--device", type=torch.device, default=torch.device("cuda" if cuda else "cpu"))
    option("--workers", type=int, default=14 if cuda else 1)
    option("--batch", type=int, default=64, help="pictures a step of autoencoder and detector")
    option("--vae-steps", type=int, default=4000 if cuda else 1500)
    option("--decoder-steps", type=int, default=1500, help="a quarter of the batch each")
    option("--detector-steps", type=int, default=3000 if cuda else 1500)
    option("--t5-steps", type=int, default=3000, help="steps of T5 by itself")
    option("--pool", type=int, default=12_288, help="pictures to train the transformer on")
    option("--shorten", type=int, default=1, help="take so many times fewer steps with the transformer")
    option("--tokens", type=int, help="that a step shows; those of its phase if left out")
    option("--every", type=int, default=500, help="steps between checkpoints")
    option("--start-from", type=Path, help="a pipeline folder whose weights to go on from")
    option(
        "--from-phase",
        type=int,
        choices=range(1, len(PHASES) + 1),
        default=1,
        help="leave out the phases before this one, which the weights started from have had",
    )
    return Run(**vars(parser.parse_args(arguments)))


def _stages(names: str) -> tuple[str, ...]:
    stages = tuple(names.split(","))
    if not set(stages) <= set(STAGES):
        raise argparse.ArgumentTypeError(f"{names!r}: stages are {', '.join(STAGES)}")
    return stages


def main() -> None:
    """T5Batch the command line and run."""
    torch.set_float32_matmul_precision("high")
    # cuDNN's attention fails in the backward pass on sequences of these lengths (seen on torch 2.11, H100).
    torch.backends.cuda.enable_cudnn_sdp(False)
    torch.backends.cudnn.benchmark = True
    run = parse()
    # On a CPU the backward pass of fused attention in bfloat16 takes twice the plain one's time.
    torch.backends.cuda.enable_flash_sdp(run.device.type == "cuda")
    run_stages(run)


if __name__ == "__main__":
    main()
