"""After the context the transformer is what it was before; within it, the innermost context is in force."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.hooks.first_block_cache import FirstBlockCacheConfig
from diffusers.models.transformers.transformer_flux import FluxAttnProcessor, FluxTransformer2DModel
from torch import Tensor, nn

from evals.oracle.dense import DenseCall
from planner.errors import UserError
from renderer.regional import Conditioning, RegionalSettings, regional

Draw = Callable[..., DenseCall]
Plain = Callable[[FluxTransformer2DModel, DenseCall], Tensor]
Within = Callable[..., AbstractContextManager[None]]


def state(module: nn.Module) -> list[tuple[str, list[tuple[str, int]]]]:
    """Every attribute of every submodule by identity, hooks and processors among them."""

    def flat(values: dict[str, Any]) -> Iterator[tuple[str, int]]:
        for name, value in values.items():
            if isinstance(value, dict):
                yield from ((f"{name}.{key}", id(entry)) for key, entry in value.items())
            else:
                yield name, id(value)

    return [(name, sorted(flat(vars(child)))) for name, child in module.named_modules()]


def attentions(transformer: FluxTransformer2DModel) -> list[Any]:
    return [block.attn for block in (*transformer.transformer_blocks, *transformer.single_transformer_blocks)]


def processors(transformer: FluxTransformer2DModel) -> list[Any]:
    return [attn.processor for attn in attentions(transformer)]


@pytest.fixture(autouse=True)
def unchanged(transformer: FluxTransformer2DModel, draw: Draw, plain: Plain) -> Iterator[None]:
    """After each test the transformer is as it was: same processors, no hook, outputs equal to the bit."""
    call = draw(99)
    before, out = state(transformer), plain(transformer, call)
    yield
    assert state(transformer) == before
    assert torch.equal(plain(transformer, call), out)


def test_a_context_leaves_the_transformer_as_it_was(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    call = draw(0)
    with within(transformer, call):
        out = plain(transformer, call)
    assert not torch.equal(out, plain(transformer, call))


def test_so_does_an_exception_in_it(transformer: FluxTransformer2DModel, draw: Draw, within: Within) -> None:
    call = draw(0)
    with pytest.raises(KeyboardInterrupt), within(transformer, call):
        raise KeyboardInterrupt


def test_so_does_an_exception_in_the_middle_of_a_call(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    call = draw(0)
    handle = transformer.single_transformer_blocks[1].register_forward_pre_hook(interrupt)
    with pytest.raises(KeyboardInterrupt), within(transformer, call):
        plain(transformer, call)
    handle.remove()


def test_a_call_after_a_broken_one_is_whole(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    call = draw(0)
    with within(transformer, call):
        out = plain(transformer, call)
        with pytest.raises(UserError):
            plain(transformer, replace(call, latents=call.latents[:, 1:], owner=call.owner))
        assert torch.equal(plain(transformer, call), out)


def test_of_nested_contexts_the_inner_is_in_force_and_then_the_outer_again(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    outer = draw(0)
    inner = replace(draw(1, regions=5, base_ratio=0.0, intervals=(2, 3)), base_embeds=outer.base_embeds)
    with within(transformer, inner):
        alone = plain(transformer, inner)
    with within(transformer, outer):
        before = plain(transformer, outer)
        with within(transformer, inner):
            assert torch.equal(plain(transformer, inner), alone)
        assert torch.equal(plain(transformer, outer), before)


def test_an_inner_context_without_injection_is_plain_within_an_outer_one(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    call = draw(0)
    expected = plain(transformer, call)
    with within(transformer, call), within(transformer, call, inject_steps=0):
        assert torch.equal(plain(transformer, call), expected)


@pytest.mark.parametrize("base_ratio", [0.0, 0.4])
def test_a_second_layout_is_not_drawn_by_the_first(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within, base_ratio: float
) -> None:
    first = draw(0, base_ratio=base_ratio)
    second = replace(first, owner=first.owner[::-1].copy())
    with within(transformer, second):
        alone = plain(transformer, second)
    with within(transformer, first):
        other = plain(transformer, first)
    with within(transformer, second):
        after = plain(transformer, second)
    assert torch.equal(after, alone)
    assert not torch.equal(after, other)


def test_steps_after_the_last_injected_one_are_plain_to_the_bit(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    call = draw(0)
    late = replace(call, sigma=torch.full((1,), 0.5))
    expected = plain(transformer, late)
    with within(transformer, call, inject_steps=2):
        regional_step = plain(transformer, call)
        assert torch.equal(plain(transformer, late), expected)
    assert not torch.equal(regional_step, plain(transformer, call))


@pytest.mark.parametrize("tokens", [3, 5])
def test_a_call_with_another_prompt_is_plain_to_the_bit(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within, tokens: int
) -> None:
    call = replace(draw(0), base_embeds=torch.ones(1, 5, 32))
    negative = replace(call, base_embeds=torch.zeros(1, tokens, 32))
    expected = plain(transformer, negative)
    with within(transformer, call):
        plain(transformer, call)
        assert torch.equal(plain(transformer, negative), expected)


def test_a_context_whose_base_prompt_never_came_says_so(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    call = draw(0)
    with pytest.warns(UserWarning, match="pass conditioning.base_embeds"), within(transformer, call):
        plain(transformer, replace(call, base_embeds=-call.base_embeds))


def test_positional_arguments_serve_too(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    call = draw(0)
    with within(transformer, call):
        out = plain(transformer, call)
        ids = torch.zeros(call.base_embeds.shape[1], 3), torch.tensor(list(np.ndindex(1, 4, 6))).float()
        moved = transformer(
            call.latents, call.base_embeds, call.pooled, call.sigma, img_ids=ids[1], txt_ids=ids[0]
        )
    assert torch.equal(moved.sample, out)


def test_attention_arguments_are_the_callers_own(
    transformer: FluxTransformer2DModel, draw: Draw, within: Within
) -> None:
    call, arguments = draw(0), {"scale": 0.5}
    with within(transformer, call):
        transformer(
            call.latents,
            call.base_embeds,
            call.pooled,
            call.sigma,
            torch.zeros(call.owner.size, 3),
            torch.zeros(call.base_embeds.shape[1], 3),
            joint_attention_kwargs=arguments,
        )
    assert arguments == {"scale": 0.5}


def test_a_processor_set_meanwhile_stays(
    build: Callable[..., FluxTransformer2DModel], draw: Draw, within: Within
) -> None:
    other, processor = build(), FluxAttnProcessor()
    attn = attentions(other)[0]
    with within(other, draw(0)):
        attn.processor = processor
    assert attn.processor is processor


def test_a_kernel_set_meanwhile_is_used_and_stays(
    build: Callable[..., FluxTransformer2DModel], draw: Draw, plain: Plain, within: Within
) -> None:
    other, call = build(), draw(0)
    with within(other, call):
        for attn in attentions(other):
            attn.set_attention_backend("_native_cudnn")
        # There is no such kernel for a CPU, and that it fails shows that it was asked.
        with pytest.raises(RuntimeError, match=r"No viable backend|No available kernel"):
            plain(other, call)
    assert {processor._attention_backend for processor in processors(other)} == {"_native_cudnn"}


@pytest.mark.parametrize(
    ("owner", "message"),
    [
        (np.full((4, 6), 3, dtype=np.int16), "names region 3, but there are 3 region_embeds: 0 to 2"),
        (np.full((4, 6), -2, dtype=np.int16), "names region -2"),
        (np.zeros(24, dtype=np.int16), r"the grid has the shape \(24,\)"),
        (np.zeros((0, 6), dtype=np.int16), r"the grid has the shape \(0, 6\)"),
    ],
)
def test_a_grid_that_does_not_fit_is_refused(
    transformer: FluxTransformer2DModel, draw: Draw, within: Within, owner: np.ndarray, message: str
) -> None:
    with pytest.raises(UserError, match=message), within(transformer, replace(draw(0), owner=owner)):
        pass


def test_embeddings_of_another_model_are_refused(transformer: FluxTransformer2DModel, draw: Draw) -> None:
    conditioning = Conditioning((torch.zeros(1, 3, 8),) * 3, torch.zeros(1, 3, 8))
    with (
        pytest.raises(UserError, match="the embeddings are 8 wide: this transformer takes 32"),
        regional(transformer, draw(0).owner, conditioning, RegionalSettings(), torch.tensor([1000.0])),
    ):
        pass


@pytest.mark.parametrize("tokens", [20, 30])
def test_latents_of_another_size_are_refused(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within, tokens: int
) -> None:
    call, message = draw(0), f"4 × 6 = 24 tokens, the latents have {tokens}"
    with within(transformer, call), pytest.raises(UserError, match=message):
        plain(transformer, replace(call, latents=torch.zeros(1, tokens, 16)))


def test_embeddings_for_another_number_of_pictures_are_refused(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    call = draw(0, batch=3)
    two = replace(call, region_embeds=tuple(embeds[:2] for embeds in call.region_embeds))
    with within(transformer, two), pytest.raises(UserError, match="for 2 pictures and the latents are 3"):
        plain(transformer, two)


def test_a_block_cache_is_refused(
    build: Callable[..., FluxTransformer2DModel], draw: Draw, within: Within
) -> None:
    other = build()
    other.enable_cache(FirstBlockCacheConfig())
    with pytest.raises(UserError, match="a block cache is on"), within(other, draw(0)):
        pass


class Halved(FluxAttnProcessor):
    """A processor of someone's own."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return tuple(part / 2 for part in super().__call__(*args, **kwargs))


class Renamed(FluxAttnProcessor):
    """A processor that does what diffusers' own one does."""


def test_a_processor_of_someones_own_is_refused(
    build: Callable[..., FluxTransformer2DModel], draw: Draw, plain: Plain, within: Within
) -> None:
    other, call = build(), draw(0)
    with within(other, call):
        drawn = plain(other, call)
    attentions(other)[1].set_processor(Renamed())
    with within(other, call):
        assert torch.equal(plain(other, call), drawn)
    attentions(other)[1].set_processor(Halved())
    message = r"transformer_blocks\.1 has the attention processor Halved, which regions would pass over"
    bare = plain(other, call)
    with pytest.raises(UserError, match=message), within(other, call):
        pass
    assert torch.equal(plain(other, call), bare)


def test_context_parallelism_is_refused(
    build: Callable[..., FluxTransformer2DModel], draw: Draw, within: Within
) -> None:
    other = build()
    for processor in processors(other):
        processor._parallel_config = object()  # as diffusers does where context parallelism is enabled
    with pytest.raises(UserError, match="context parallelism"), within(other, draw(0)):
        pass
