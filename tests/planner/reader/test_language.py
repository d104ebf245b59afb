"""The reader reads English, and says so of another language."""

import json
from pathlib import Path

import pytest

import evals.reader
from planner.planning import plan
from planner.reader.language import other_language
from planner.reader.tokens import tokens
from planner.reader.weights import FOLDER, load_weights

READINGS = Path(evals.reader.__file__).parent / "readings"
PIECES = load_weights(FOLDER).pieces


@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("Ein roter Fuchs schläft unter einer alten Eiche, links davon ein Bach", "German"),
        ("Zwei Katzen auf einem Sofa, Ölgemälde", "German"),
        ("Une femme au chapeau rouge est assise près de la fenêtre, un chat noir sur ses genoux", "French"),
        ("Un zorro rojo duerme bajo un roble, a la izquierda un arroyo", "Spanish"),
        ("Una donna con un cappello rosso siede alla finestra, un gatto nero", "Italian"),
        ("一只红狐狸在橡树下睡觉", "Chinese"),
        ("赤い狐が樫の木の下で眠っている", "Japanese"),
        ("рыжая лиса спит под старым дубом", "Russian"),
    ],
)
def test_another_language_is_the_whole_picture_and_a_warning(prompt: str, language: str) -> None:
    draft = plan(prompt)
    assert (draft.scene.regions, draft.scene.caption) == ((), prompt)
    (note,) = draft.notes
    assert (note.kind, note.name) == ("warning", "language")
    assert f"in {language}, and the built-in planner reads English" in note.text


def test_lettering_in_another_language_is_no_matter() -> None:
    assert plan('A neon sign that reads "ÖFFNUNGSZEITEN VON ACHT BIS ZWÖLF UHR"').notes == ()


def test_no_english_prompt_is_taken_for_another_language() -> None:
    paths = sorted(READINGS.glob("*.jsonl"))
    prompts = [json.loads(line)["prompt"] for path in paths for line in path.read_text("utf-8").splitlines()]
    taken = [prompt for prompt in prompts if other_language(tokens(prompt), PIECES)]
    assert (len(prompts) > 2000, taken) == (True, [])
