"""Identifies the language of prompts that are not in English, which is all that the reader reads."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from planner.reader.tokens import Token

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BROKEN = 0.3
"""The least share of words in several word pieces for which the language is identified: one English prompt in
twenty has as many, and loading the identifier takes 0.7 s.
"""

FEWEST = 4
"""The fewest words in ASCII by which a language can be identified."""

SURE = 0.5
"""The least probability of another language; none of some 3,000 English prompts reached 0.4."""

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
    """The name of the language of these words; None where it is English or where they are too few."""
    plain = [word.text for word in words if not word.quoted and word.text[0].isalpha()]
    broken = [len(pieces.encode(word, add_special_tokens=False).ids) > 1 for word in plain if len(word) > 1]
    if (len(plain) < FEWEST and all(map(str.isascii, plain))) or sum(broken) < BROKEN * len(broken):
        return None
    code, sure = _identifier().classify(" ".join(plain))
    if code == "en" or sure <= SURE:
        return None
    return _NAMES.get(code, f"a language other than English ({code})")


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
