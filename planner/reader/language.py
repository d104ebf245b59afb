"""Which language a prompt is written in, so far as it isn't English, which the reader reads."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from planner.reader.tokens import Token

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BROKEN = 0.3
"""Share of words in several word pieces from which a prompt is looked at: one English prompt in twenty has
as many, and loading what tells languages takes 0.7 s.
"""

FEWEST = 4
"""Words in plain letters from which a language can be told."""

SURE = 0.5
"""From which probability a prompt is taken for another language; no English one of some 3,000 reached 0.4."""

_NAMES = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "es": "Spanish",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}


def other_language(words: Sequence[Token], pieces: "Tokenizer") -> str | None:
    """The name of the language of these words; None where it is English, or too short to tell."""
    told = [word.text for word in words if not word.quoted and word.text[0].isalpha()]
    broken = [len(pieces.encode(word, add_special_tokens=False).ids) > 1 for word in told if len(word) > 1]
    if (len(told) < FEWEST and all(map(str.isascii, told))) or sum(broken) < BROKEN * len(broken):
        return None
    code, sure = _identifier().classify(" ".join(told))
    return (
        _NAMES.get(code, f"a language other than English ({code})") if code != "en" and sure > SURE else None
    )


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
