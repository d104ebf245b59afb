"""Prompts: from files that are none, in other encodings, too long, and of characters alone."""

import os
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path

import pytest

from tests.hostile.campaign import EITHER, Case, all_of, file_of, nothing
from tests.hostile.inputs import CONTROLS

pytestmark = pytest.mark.hostile

ONLY = ("--plan-only", "--size", "64x64")
LOOK = (*ONLY, "-q")

TAKEN: dict[str, str] = {
    "controls": f"a red star {CONTROLS}",
    "newlines": "a red star\nscenewright: a second line\n",
    "carriage_returns": "a red star\r\rabove\ra ring",
    "bells": "\x07" * 1000 + " a star",
    "null": "a red\0star",
    "bidi": "a \u202ered\u202c star \u2066above\u2069 a ring",
    "zero_width": "a\u200bred\u200cstar\u200d\ufeff",
    "combining": "a" + "\u0301" * 1000 + " star",
    "tags": "a star \U000e0041\U000e0042",
    "private": "a star \ue000\uf8ff\U0010ffff",
    "line_separators": "a star\u2028above\u2029a ring\x85",
    "emoji": "👩‍👩‍👧‍👦" * 100,
    "quotes": '"' * 5000,
    "quotes_15000": '"' * 15_000,
    "quoted_words": '"a" ' * 800,
    "single_quotes": "'" * 5000,
    "curly_quotes": "“" * 1000 + "”" * 1000,
    "guillemets": "«»" * 1000,
    "mixed_quotes": "\"'“”«»„‟" * 200,
    "brackets": "(" * 5000,
    "closing": ")" * 2000,
    "square": "[" * 2000,
    "braces": "{" * 2000,
    "json": '{"regions": [' * 200,
    "markup_of_rich": "[bold]a star[/bold] [/] [link=file:///etc/passwd]x",
    "html": "<script>alert(1)</script> a star",
    "url": "http://127.0.0.1:9/ a star",
    "path": "/etc/passwd",
    "template": "{{7*7}} ${HOME} $(id) `id` %s%n a star",
    "commas": "," * 2000,
    "full_stops": "." * 2000,
    "hyphens": "-" * 2000,
    "spaces": "a" + " " * 19_000 + "star",
    "tabs": "a\tred\tstar\t" * 200,
    "one_word": "a" * 20_000,
    "digits": "9" * 20_000 + " stars",
    "number_of_things": "a thousand million red stars",
    "huge_number": "99999999999999999999999 red stars",
    "negative_number": "-5 red stars",
    "numbers": "1 2 3 4 5 6 7 8 9 " * 100,
    "red_stars": "a red star " * 1800,
    "nested": "a star in a ring in a cube in " * 60,
    "relations": "a star left of a ring above a cube below " * 50,
    "and": "and " * 1000,
    "without": "without a star " * 130,
    "no_words": "the of in on at by " * 100,
    "letters_of_every_script": "".join(map(chr, range(0x100, 0x3000, 7))),
    "chinese": "一颗红色的星星" * 100,
    "arabic": "نجمة حمراء " * 100,
    "zalgo": "".join(letter + "\u0336\u0337\u0338" for letter in "a red star above a ring") * 10,
    "at_in_the_middle": "a star @secret.txt",
    "surrogate_pairs": "\U0001f600" * 2000,
    "exactly_20000": "a" * 10_000 + " star" * 2000,
}
"""Prompts that may be planned; each of them ends, and is shown safely."""

REFUSED: dict[str, str] = {
    "empty": "",
    "space": " \n\t",
    "20001_letters": "a" * 20_001,
    "a_million_letters": "star " * 200_000,
    "lone_surrogate": "a red \ud800 star",
    "low_surrogate": "\udfff",
    "byte_of_latin_1": "caf\udce9",
    "reversed_pair": "\ude00\ud83d",
}

FILES: dict[str, bytes] = {
    "empty": b"",
    "space": b"\n \n",
    "two_megabytes": b"star " * 420_000,
    "just_over_a_megabyte": b" " * (2**20 + 1),
    "latin_1": b"caf\xe9",
    "utf_16": "a red star".encode("utf-16"),
    "utf_32": "a red star".encode("utf-32"),
    "overlong": b"a star \xc0\xaf",
    "surrogate": b"a star \xed\xa0\x80",
    "cut_off": "a star \u2028".encode()[:-1],
    "binary": bytes(range(256)),
    "png": b"\x89PNG\r\n\x1a\n",
    "gzip": b"\x1f\x8b\x08" + b"\0" * 100,
    "20001_letters": b"a" * 20_001,
}
"""Contents of @FILE, and of stdin, that are refused."""

PLACES = ("fifo", "folder", "missing", "loop", "a\0b", "a\nb", "a\x1b[31mb", "a" * 5000, "", "/proc/self/mem")


def world(folder: Path) -> None:
    """A pipe, a folder, and a link to itself."""
    os.mkfifo(folder / "fifo")
    (folder / "folder").mkdir()
    (folder / "loop").symlink_to("loop")


def cases() -> Iterator[Case]:
    """All of them."""
    for name, prompt in TAKEN.items():
        # Without -q, the words of each owner are shown.
        yield Case(f"prompt-{name}", ("--", prompt)[1:] + ONLY, nothing, EITHER, None)
    for name, prompt in REFUSED.items():
        yield Case(f"prompt-{name}", (prompt, *LOOK))
        yield Case(f"prompt-{name}-loudly", (prompt, *ONLY))
    for name, content in FILES.items():
        yield Case(f"file-{name}", ("@prompt.txt", *LOOK), file_of("prompt.txt", content))
        yield Case(f"stdin-{name}", ("-", *LOOK), stdin=content)
    for place in PLACES:
        yield Case(f"place-{place[:20]!a}", (f"@{place}", *LOOK), world)
    yield Case("place-dev-zero", ("@/dev/zero", *LOOK), readable=("/dev/zero",))
    yield Case("place-dev-random", ("@/dev/random", *LOOK), readable=("/dev/random",))
    yield Case("stdin-closed", ("-", *LOOK), stdin=None)
    yield Case(
        "explain-controls", (f"a red star {CONTROLS}", "--plan-only", "--explain"), codes=EITHER, lines=None
    )
    controls = file_of("prompt.txt", f"a red star {CONTROLS}")
    yield Case("file-controls", ("@prompt.txt", *ONLY), controls, EITHER, None)
    mark = file_of("prompt.txt", b"\xef\xbb\xbfa red star")
    yield Case("file-byte-order-mark", ("@prompt.txt", *LOOK), mark, (0,))
    edges = all_of(file_of("prompt.txt", b"a red star" + b" " * (2**20 - 10)))
    yield Case("file-of-a-megabyte", ("@prompt.txt", *LOOK), edges, EITHER)


@pytest.mark.parametrize("case", [*cases()], ids=attrgetter("id"))
def test_a_prompt(case: Case, campaign: Callable[[Case], None]) -> None:
    campaign(case)
