"""Quotation: where the words of a quote stand in a prompt, and what of a prompt is to be lettered."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from planner.quoting import MAX_LETTERING, Folded, lettering, says

PROMPT = "An old  oak stands by the\nCafé “L’Étoile”. A red fox sleeps under the oak; its tail… is white."


def found(quote: str, prompt: str = PROMPT) -> list[list[str]]:
    """The words of the prompt that each place of a quote covers."""
    return [[prompt[s.start : s.end] for s in place] for place in Folded.of(prompt).find(quote)]


@pytest.mark.parametrize(
    ("quote", "places"),
    [
        ("a red fox", [["A red fox"]]),
        (" an OLD\toak\n", [["An old  oak"]]),
        ('the café "l\'étoile"', [["the\nCafé “L’Étoile”"]]),
        (unicodedata.normalize("NFD", "Café “L’Étoile”"), [["Café “L’Étoile”"]]),
        ("oak", [["oak"], ["oak"]]),
        ("An old … the oak", [["An old", "the oak"]]),
        ("red [...] white", [["red", "white"]]),
        ("A red fox… is white", [["A red fox", "is white"]]),
        ("its tail… is white", [["its tail… is white"]]),
        ("white ... old", []),
        ("old … purple", []),
        ("purple", []),
        ("ox", [["ox"]]),
        ("", []),
        ("…", [["…"]]),
    ],
)
def test_a_quote_is_found_by_its_letters_alone(quote: str, places: list[list[str]]) -> None:
    assert found(quote) == places


def test_a_word_of_its_own_comes_before_a_part_of_another() -> None:
    assert found("cat", "A catalogue and a cat") == [["cat"]]
    assert Folded.of("A catalogue and a cat").find("cat")[0][0].start == 18
    assert found("bus", "Zwei Omnibusse") == [["bus"]]


letters = st.text("abcÄäß é\u0301“”\"’'…. \n猫", max_size=30)


@given(letters, st.data())
def test_whatever_is_copied_is_found_where_it_stands(prompt: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(prompt)))
    end = data.draw(st.integers(start, len(prompt)))
    quote = prompt[start:end]
    for changed in (quote, quote.upper().replace("“", '"'), "  ".join(quote.split(" "))):
        places = Folded.of(prompt).find(changed)
        assert bool(places) == bool(quote.strip())
        for place in places:
            assert all(0 <= stretch.start < stretch.end <= len(prompt) for stretch in place)


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        ('a sign that says "OPEN", and (“CLOSED”)', ["OPEN", "CLOSED"]),
        ("a sign that says 'Dr. O'Neil's Tonic' in red", ["Dr. O'Neil's Tonic"]),
        ("the label reads “Dr. O’Neil’s Tonic”", ["Dr. O’Neil’s Tonic"]),
        ("„Bäckerei Müller“, „Zum Löwen“ und ‚Zimmer frei‘", ["Bäckerei Müller", "Zum Löwen", "Zimmer frei"]),
        ("»Nur heute« und »Morgen«", ["Nur heute", "Morgen"]),
        ("« Café de Flore » et «Prêt»", ["Café de Flore", "Prêt"]),
        ("”Öppet” och ”Stängt”", ["Öppet", "Stängt"]),
        ("„Otwarte” i ‹ nie ›", ["Otwarte", "nie"]),
        ("写着「营业中」和『夜市』的牌子", ["营业中", "夜市"]),
        ('写着“营业中”的牌子，写着"夜市"的灯笼', ["营业中", "夜市"]),
        ('"A", "7" and again "A"', ["A", "7"]),
        ("“The first line\n  and ‘the’ second”", ["The first line and ‘the’ second"]),
        ("the players' 'GO' banner", ["GO"]),
        ('an écran 27", then "HI"', ["HI"]),
        ("don't touch the girls' hats or the boys' caps, rock 'n' roll", []),
        ("girls’ hats and boys’ caps, it’s rock ’n’ roll", []),
        ("'Twas the '90s, 'til dawn: the dogs' bowls and the cats' toys", []),
        ('a 12" ruler, a 5" x 7" print, a 6\'2" man and a 14” pizza', []),
        ("an unclosed „quote, an unclosed «quote, an unclosed 「quote", []),
        ('an unclosed "quote, and behind it „a closed one“', ["a closed one"]),
        ('"" and "?!" and \' \'', []),
        (f'"{"x" * (MAX_LETTERING + 1)}"', []),
        (f'"{"x" * MAX_LETTERING}"', ["x" * MAX_LETTERING]),
    ],
)
def test_what_is_to_be_lettered_stands_in_quotation_marks_of_any_kind(prompt: str, texts: list[str]) -> None:
    assert list(lettering(prompt)) == texts


MARKS = ('""', "“”", "„“", "„”", "«»", "»«", "「」", "『』", "‹›", "‘’", "‚‘", "''", "””", "＂＂")


@given(st.lists(st.tuples(st.sampled_from(MARKS), st.text("abÖ猫7 ", min_size=1, max_size=9)), max_size=4))
def test_quotations_of_all_kinds_stand_side_by_side(quoted: list[tuple[str, str]]) -> None:
    texts = [f"x{text.strip()}y" for _, text in quoted]
    prompt = " and ".join(
        f"{marks[0]}{text}{marks[1]}" for (marks, _), text in zip(quoted, texts, strict=True)
    )
    assert lettering(prompt) == tuple(dict.fromkeys(" ".join(text.split()) for text in texts))


@given(st.text("ab'\"“”„‘’«» .5\n", max_size=40))
@example('5\'2" "a')
def test_lettering_is_of_the_prompt_and_never_empty(prompt: str) -> None:
    for text in lettering(prompt):
        assert any(map(str.isalnum, text))
        assert says(prompt, text)


@pytest.mark.parametrize(
    ("text", "letters", "expected"),
    [
        ("a sign with “Dr. O'Neil's\nTonic” on it", "Dr. O’Neil’s Tonic", True),
        ("a bubble with “Hungry”", "Hungry.", True),
        (unicodedata.normalize("NFD", "ein Schild „Café“"), "Café", True),
        ("a sign with “Open”", "OPEN", False),
        ("a sign with “OPE N”", "OPEN", False),
    ],
)
def test_lettering_is_found_letter_by_letter(text: str, letters: str, expected: bool) -> None:
    assert says(text, letters) == expected
