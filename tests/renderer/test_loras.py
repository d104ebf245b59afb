"""What a LoRA does to the text encoders: for the whole picture, or while one region's prompt is read."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.flux.pipeline_flux import FluxPipeline
from peft import LoraConfig, get_peft_model_state_dict
from safetensors.torch import save_file
from torch import Tensor

from planner.errors import UserError
from planner.placing.arranging import arrange
from planner.plans import Plan, Size
from planner.scene import Scene
from renderer.encoding import Encoded, encode, region_prompts
from renderer.extras import Extras, Lora
from renderer.grid import TokenGrid, rasterise
from renderer.models import Model
from renderer.pipeline import generate, generate_many
from renderer.pipelines import PIPELINES
from renderer.rendering import render
from renderer.settings import Recipe, Settings

RANK, ALPHA = 3, 6.0
LAYERS = (
    "encoder.block.0.layer.0.SelfAttention.q",
    "encoder.block.2.layer.0.SelfAttention.v",
    "encoder.block.1.layer.1.DenseReluDense.wo",
)
PEFT: dict[str, Any] = {"r": 4, "lora_alpha": 12, "init_lora_weights": False}


def pooled(encoded: Encoded) -> Tensor:
    """CLIP's vector of the base prompt."""
    assert encoded.base.pooled is not None
    return encoded.base.pooled


def t5_layers(tiny: Model, seed: int = 0) -> dict[str, tuple[Tensor, Tensor]]:
    """Down and up of a random LoRA of T5, strong enough to be seen."""
    noise, encoder = torch.Generator().manual_seed(seed), tiny.pipeline.text_encoder_2
    found = dict[str, tuple[Tensor, Tensor]]()
    for name in LAYERS:
        layer: Any = encoder.get_submodule(name)
        shapes = (RANK, layer.in_features), (layer.out_features, RANK)
        down, up = (0.2 * torch.randn(shape, generator=noise) for shape in shapes)
        found[name] = down, up
    return found


def as_peft(layers: dict[str, tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    halves = {"lora_A": 0, "lora_B": 1}
    return {
        f"text_encoder_2.{n}.{half}.weight": pair[i]
        for n, pair in layers.items()
        for half, i in halves.items()
    }


def as_comfy(layers: dict[str, tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    stems = {f"text_encoders.t5xxl.transformer.{name}": pair for name, pair in layers.items()}
    return _with_alpha(stems)


def as_kohya(layers: dict[str, tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    return _with_alpha({f"lora_te3_{name.replace('.', '_')}": pair for name, pair in layers.items()})


def _with_alpha(stems: dict[str, tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    parts = ("lora_down.weight", "lora_up.weight")
    state = {
        f"{stem}.{part}": half for stem, pair in stems.items() for part, half in zip(parts, pair, strict=True)
    }
    return state | {f"{stem}.alpha": torch.tensor(ALPHA) for stem in stems}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, tiny: Model) -> Path:
    """LoRAs of random weights: T5's in three namings, one of the transformer and CLIP, and one of all."""
    folder, pipeline = tmp_path_factory.mktemp("loras"), tiny.pipeline
    layers = t5_layers(tiny)
    for name, write in {"peft": as_peft, "comfy": as_comfy, "kohya": as_kohya}.items():
        save_file(write(layers), folder / f"{name}.safetensors")
    save_file(as_kohya(t5_layers(tiny, 1)), folder / "second.safetensors")
    torch.manual_seed(0)
    states = list[Any]()
    for part, targets in ((pipeline.transformer, ["to_q", "proj_mlp"]), (pipeline.text_encoder, ["q_proj"])):
        owner: Any = part
        owner.add_adapter(LoraConfig(**PEFT, target_modules=targets), adapter_name="made")
        states.append(get_peft_model_state_dict(owner, adapter_name="made"))
    save: Any = pipeline.save_lora_weights
    metadata = {"r": PEFT["r"], "lora_alpha": PEFT["lora_alpha"], "target_modules": ["to_q", "proj_mlp"]}
    clip = {"r": PEFT["r"], "lora_alpha": PEFT["lora_alpha"], "target_modules": ["q_proj"]}
    save(
        folder,
        transformer_lora_layers=states[0],
        text_encoder_lora_layers=states[1],
        weight_name="stock.safetensors",
        transformer_lora_adapter_metadata=metadata,
        text_encoder_lora_adapter_metadata=clip,
    )
    pipeline.unload_lora_weights()
    state: Any = pipeline.lora_state_dict(str(folder), weight_name="stock.safetensors")
    save_file({**state, **as_peft(layers)}, folder / "all.safetensors")
    return folder


@pytest.fixture(scope="module")
def recipe(tiny: Model) -> Recipe:
    return Settings(steps=2, inject_steps=2, base_ratio=0.0, true_cfg_scale=2.0).over(tiny.card.recipe)


@pytest.fixture(autouse=True)
def unchanged(tiny: Model, grid: TokenGrid, recipe: Recipe) -> Iterator[None]:
    """After each test the text encoders read as they did, and hold no LoRA."""
    before = encode(grid, tiny, recipe)
    yield
    after = encode(grid, tiny, recipe)
    assert torch.equal(before.conditioning.base_embeds, after.conditioning.base_embeds)
    assert torch.equal(pooled(before), pooled(after))
    for part in (tiny.pipeline.text_encoder, tiny.pipeline.text_encoder_2):
        assert not any("lora" in name for name, _ in part.named_modules())


def merged(tiny: Model, scale: float, seed: int = 0) -> Model:
    """The model with the LoRA added to T5's weights themselves."""
    encoder = deepcopy(tiny.pipeline.text_encoder_2)
    for name, (down, up) in t5_layers(tiny, seed).items():
        encoder.get_submodule(name).weight.data += scale * up @ down
    parts = {part: getattr(tiny.pipeline, part) for part in PIPELINES["FluxPipeline"].parts} | {
        "text_encoder_2": encoder
    }
    return replace(tiny, pipeline=FluxPipeline(**parts))


def texts(encoded: Encoded) -> list[Tensor]:
    """All that T5 wrote: the base prompt, the negative one, the regions, and what is against them."""
    assert encoded.negative_conditioning is not None
    own, against = encoded.conditioning, encoded.negative_conditioning
    return [own.base_embeds, against.base_embeds, *own.region_embeds, *against.region_embeds]


def check_alike(left: Encoded, right: Encoded) -> None:
    for one, other in zip(texts(left), texts(right), strict=True):
        assert torch.allclose(one, other, atol=1e-4, rtol=1e-4)


def mixed(grid: TokenGrid, whole: Encoded, of_region: dict[str, Encoded]) -> list[Tensor]:
    """The texts of `whole`, but for those of some regions."""
    count = len(grid.names)
    found = texts(whole)
    for name, encoded in of_region.items():
        for place in (2 + grid.names.index(name), 2 + count + grid.names.index(name)):
            found[place] = texts(encoded)[place]
    return found


@pytest.mark.parametrize(("name", "alpha"), [("peft", RANK), ("comfy", ALPHA), ("kohya", ALPHA)])
def test_a_t5_lora_reads_every_prompt_or_one_regions_alone(
    files: Path, tiny: Model, grid: TokenGrid, recipe: Recipe, name: str, alpha: float
) -> None:
    """As with the LoRA added to the weights: what it is against a region is read so too, and nothing else."""
    lora = Lora(source=str(files / f"{name}.safetensors"), weight=0.5)
    with_it = encode(grid, merged(tiny, 0.5 * alpha / RANK), recipe)
    bare = encode(grid, tiny, recipe)
    assert all(
        (one - other).abs().max() > 0.01 for one, other in zip(texts(with_it), texts(bare), strict=True)
    )
    check_alike(encode(grid, tiny, recipe, [lora]), with_it)
    one = encode(grid, tiny, recipe, [lora.model_copy(update={"region": "star"})])
    for got, wanted in zip(texts(one), mixed(grid, bare, {"star": with_it}), strict=True):
        assert torch.allclose(got, wanted, atol=1e-4, rtol=1e-4)
    assert torch.equal(pooled(one), pooled(bare))


def test_two_loras_of_two_regions_keep_apart(
    files: Path, tiny: Model, grid: TokenGrid, recipe: Recipe
) -> None:
    first, second = (Lora(source=str(files / f"{name}.safetensors")) for name in ("kohya", "second"))
    scale = ALPHA / RANK
    loras = [first.model_copy(update={"region": "star"}), second.model_copy(update={"region": "ring"})]
    wanted = {"star": merged(tiny, scale), "ring": merged(tiny, scale, 1)}
    told = {name: encode(grid, model, recipe) for name, model in wanted.items()}
    for got, text in zip(
        texts(encode(grid, tiny, recipe, loras)), mixed(grid, encode(grid, tiny, recipe), told), strict=True
    ):
        assert torch.allclose(got, text, atol=1e-4, rtol=1e-4)


def test_clips_layers_are_for_the_whole_picture_and_else_left_out_and_reported(
    files: Path, tiny: Model, grid: TokenGrid, recipe: Recipe
) -> None:
    lora = Lora(source=str(files / "stock.safetensors"), weight=2.0)
    bare, whole = encode(grid, tiny, recipe), encode(grid, tiny, recipe, [lora])
    pipeline: Any = tiny.pipeline
    pipeline.load_lora_weights(str(files), weight_name="stock.safetensors", adapter_name="own")
    pipeline.set_adapters(["own"], [2.0])
    expected = encode(grid, tiny, recipe)
    pipeline.unload_lora_weights()
    assert torch.allclose(pooled(whole), pooled(expected), atol=1e-5)
    assert (pooled(whole) - pooled(bare)).abs().max() > 0.01
    with pytest.warns(UserWarning, match="of the LoRA 'stock-1' its layers of CLIP are left out"):
        one = encode(grid, tiny, recipe, [lora.model_copy(update={"region": "star"})])
    assert torch.equal(pooled(one), pooled(bare))
    check_alike(one, bare)


def test_a_files_own_alpha_counts(files: Path, tiny: Model, grid: TokenGrid, recipe: Recipe) -> None:
    """The file says in its header that its alpha is three times its rank, as diffusers writes it."""
    lora = Lora(source=str(files / "stock.safetensors"), weight=0.5)
    ours = pixels(render(grid, tiny, recipe, extras=Extras(loras=(lora,))).image)
    pipeline: Any = tiny.pipeline
    pipeline.load_lora_weights(str(files), weight_name="stock.safetensors", adapter_name="own")
    pipeline.set_adapters(["own"], [0.5])
    theirs = pixels(render(grid, tiny, recipe).image)
    pipeline.set_adapters(["own"], [0.5 / 3])
    weaker = pixels(render(grid, tiny, recipe).image)
    pipeline.unload_lora_weights()
    assert np.abs(ours - theirs).max() <= 1
    assert np.abs(ours - weaker).max() > 1


def pixels(image: Any) -> Any:
    return np.asarray(image).astype(int)


def test_a_region_whose_words_change_shows_it_alone(
    files: Path, tiny: Model, grid: TokenGrid, recipe: Recipe
) -> None:
    lora = Lora(source=str(files / "kohya.safetensors"), weight=2.0, region="star")
    one = pixels(render(grid, tiny, recipe, extras=Extras(loras=(lora,))).image)
    weak = lora.model_copy(update={"weight": 0.0})
    plain = pixels(render(grid, tiny, recipe, extras=Extras(loras=(weak,))).image)
    changed = np.abs(one - plain).max(axis=-1).reshape(4, 16, 4, 16).mean(axis=(1, 3))
    star = grid.owner == grid.names.index("star")
    assert changed[star].mean() > 4 * changed[:, -1].mean()


@pytest.mark.filterwarnings("ignore:of the LoRA")
@pytest.mark.parametrize("low_memory", [False, True])
@pytest.mark.parametrize("region", [None, "ring"])
def test_every_picture_of_several_is_read_so(
    files: Path, plan: Plan, tiny: Model, low_memory: bool, region: str | None
) -> None:
    extras = Extras(loras=(Lora(source=str(files / "all.safetensors"), region=region),))
    settings, model = Settings(steps=1), "tiny" if low_memory else tiny
    several = generate_many(
        [plan], seeds=(1, 2), batch=2, model=model, settings=settings, extras=extras, low_memory=low_memory
    )
    bare = pixels(generate(plan, seed=1, model=tiny, settings=settings).image)
    for result in several:
        alone = pixels(generate(plan, seed=result.seed, model=tiny, settings=settings, extras=extras).image)
        assert np.abs(pixels(result.image) - alone).max() <= 2
        assert (alone != bare).any()


@pytest.mark.parametrize("region", [None, "ring"])
def test_trigger_words_stand_in_every_regions_prompt_or_in_one(
    files: Path, tiny: Model, scene: Scene, recipe: Recipe, region: str | None
) -> None:
    """And they are read with the LoRA: as the pipeline with it in its weights reads them."""
    star, ring = scene.regions
    shared = {"style": "outl1ned"}
    own = {"regions": (star, ring.model_copy(update={"prompt": f"{ring.prompt}, outl1ned"}))}
    told = scene.model_copy(update=shared if region is None else own)
    grid = rasterise(arrange(told, Size(width=64, height=64)))
    prompts = region_prompts(grid, recipe)
    triggered = set(grid.names) if region is None else {region}
    assert {name for name, text in zip(grid.names, prompts, strict=True) if "outl1ned" in text} == triggered
    lora = Lora(source=str(files / "kohya.safetensors"), region=region)
    pipeline: Any = merged(tiny, ALPHA / RANK).pipeline
    read, _, _ = pipeline.encode_prompt([*prompts], [*prompts], max_sequence_length=96)
    embeds = encode(grid, tiny, recipe, [lora]).conditioning.region_embeds
    for name, got, wanted in zip(grid.names, embeds, read, strict=True):
        assert torch.allclose(got[0], wanted, atol=1e-4, rtol=1e-4) == (name in triggered)


Change = Callable[[dict[str, Tensor]], object]


def with_a_nose(state: dict[str, Tensor]) -> None:
    state["lora_te3_nose.lora_down.weight"] = torch.ones(1, 1)


def halved(state: dict[str, Tensor]) -> None:
    del state[next(key for key in state if "lora_up" in key)]


def of_something_else(state: dict[str, Tensor]) -> None:
    state.clear()
    state["nose"] = torch.ones(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (with_a_nose, "no such layer: lora_te3_nose"),
        (halved, "one half is missing"),
        (of_something_else, "no layers for any part of the model"),
    ],
)
def test_a_file_that_does_not_fit_is_told(
    tiny: Model, grid: TokenGrid, recipe: Recipe, tmp_path: Path, change: Change, message: str
) -> None:
    state = as_kohya(t5_layers(tiny))
    change(state)
    save_file(state, tmp_path / "spoilt.safetensors")
    with pytest.raises(UserError, match=rf"spoilt\.safetensors: can't be loaded as a LoRA .*{message}"):
        encode(grid, tiny, recipe, [Lora(source=str(tmp_path / "spoilt.safetensors"))])


def test_the_region_is_looked_for_before_anything_is_read(
    tiny: Model, grid: TokenGrid, recipe: Recipe
) -> None:
    with pytest.raises(UserError, match=r"none\.safetensors@nose: the plan draws no region 'nose'"):
        encode(grid, tiny, recipe, [Lora(source="none.safetensors", region="nose")])
