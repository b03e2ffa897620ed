"""The colours as declared are readable in both schemes: ratios of WCAG 2.2, computed from tokens.css."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
TOKENS = (CSS / "tokens.css").read_text()
STATES = ("ok", "attention", "waiting", "progress", "danger", "caution", "neutral")
SURFACES = ("canvas", "surface", "sunken", "raised", "hover")
TEXT, SHAPE = 4.5, 3.0


def declared(tokens: str = TOKENS) -> dict:
    """Name -> (light, dark), each an RGB triple, of the colours in the first :root."""
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", tokens.split("@media")[0])
    return {name: (rgb(light), rgb(dark)) for name, light, dark in pairs}


def rgb(text: str) -> tuple:
    return tuple(int(text[i : i + 2], 16) for i in (1, 3, 5))


def luminance(colour: tuple) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one: tuple, other: tuple) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def mix(colour: tuple, amount: float, ground: tuple) -> tuple:
    """color-mix(in srgb, colour amount, ground)."""
    return tuple(c * amount + g * (1 - amount) for c, g in zip(colour, ground, strict=True))


COLOURS = declared()
TINT = float(re.search(r"--tint: (\d+)%", TOKENS)[1]) / 100


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
class TestContrast:
    @pytest.mark.parametrize("surface", SURFACES)
    @pytest.mark.parametrize("text", ["text", "muted", "faint", "accent", *STATES])
    def test_text_is_readable_on_every_surface(self, scheme, text, surface):
        assert ratio(COLOURS[text][scheme], COLOURS[surface][scheme]) >= TEXT

    @pytest.mark.parametrize("state", STATES)
    def test_a_state_is_readable_on_its_own_tint(self, scheme, state):
        wash = COLOURS["amber" if state == "attention" else state][scheme]
        ground = mix(wash, TINT, COLOURS["surface"][scheme])
        assert ratio(COLOURS[state][scheme], ground) >= TEXT
        assert ratio(COLOURS["text"][scheme], ground) >= TEXT

    @pytest.mark.parametrize("text", ["text", "muted", "danger"])
    def test_words_are_readable_on_the_row_that_warns_of_a_deletion(self, scheme, text):
        ground = mix(COLOURS["danger"][scheme], TINT / 2, COLOURS["surface"][scheme])
        assert ratio(COLOURS[text][scheme], ground) >= TEXT

    @pytest.mark.parametrize("state", STATES)
    def test_a_mark_in_its_circle_is_distinct(self, scheme, state):
        ground = mix(COLOURS[state][scheme], 0.16, COLOURS["surface"][scheme])
        assert ratio(COLOURS[state][scheme], ground) >= SHAPE

    @pytest.mark.parametrize("fill", ["accent-fill", "accent-fill-hover", "danger-fill", "danger-fill-hover"])
    def test_words_on_filled_buttons_are_readable(self, scheme, fill):
        assert ratio(COLOURS["on-fill"][scheme], COLOURS[fill][scheme]) >= TEXT

    @pytest.mark.parametrize("surface", ["canvas", "surface", "raised"])
    @pytest.mark.parametrize("shape", ["line-strong", "accent", "accent-fill"])
    def test_outlines_of_controls_and_the_focus_ring_are_visible(self, scheme, shape, surface):
        assert ratio(COLOURS[shape][scheme], COLOURS[surface][scheme]) >= SHAPE

    def test_letters_in_an_avatar_and_in_the_open_entry_of_the_navigation_are_readable(self, scheme):
        for amount, ground in ((0.16, "surface"), (0.11, "canvas")):
            tinted = mix(COLOURS["accent"][scheme], amount, COLOURS[ground][scheme])
            assert ratio(COLOURS["accent"][scheme], tinted) >= TEXT


def test_the_computation_knows_black_white_and_a_pair_from_the_literature():
    assert ratio((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert ratio(rgb("#777777"), rgb("#ffffff")) == pytest.approx(4.48, abs=0.01)
    assert ratio(rgb("#777777"), rgb("#ffffff")) < TEXT


def test_every_colour_token_is_one_the_test_reads():
    root = TOKENS.split("@media")[0]
    names = set(re.findall(r"--([\w-]+): light-dark\(#", root))
    assert names == set(COLOURS)
    assert set(STATES) | set(SURFACES) | {"text", "muted", "faint", "line-strong"} <= names
