"""The style sheets keep their shape: one list of contents, small files, a rule a state, tokens only."""

import re
from pathlib import Path

import pytest

from insights.vocabulary import KINDS

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
FILES = sorted(CSS.rglob("*.css"))
CONTENTS = (CSS / "app.css").read_text()
STATES = sorted({state for states in KINDS.values() for state in states})


def test_every_file_is_imported_exactly_once_and_nothing_else_is():
    imported = re.findall(r'@import url\("([^"]+)"\)', CONTENTS)
    assert sorted(imported) == [str(f.relative_to(CSS)) for f in FILES if f.name != "app.css"]


def test_the_list_of_contents_holds_nothing_but_layers_and_imports():
    lines = [line for line in CONTENTS.splitlines() if line and not line.startswith("/*")]
    assert lines[0] == "@layer reset, tokens, base, layout, components, screens, utilities, print;"
    assert all(re.fullmatch(r'@import url\("[\w/.-]+"\) layer\(\w+\);', line) for line in lines[1:])


def test_components_and_screens_are_in_the_layer_of_their_folder():
    for path, layer in re.findall(r'@import url\("([^"]+)"\) layer\((\w+)\)', CONTENTS):
        assert layer == (path.split("/")[0] if "/" in path else path.removesuffix(".css"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(CSS)))
def test_a_file_is_short_and_whole(path):
    text = path.read_text()
    assert len(text.splitlines()) < 200
    assert text.count("{") == text.count("}")


def test_all_style_sheets_together_stay_small():
    assert sum(path.stat().st_size for path in FILES) < 60_000


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_colour_in_the_badge_and_only_one(state):
    badge = (CSS / "components" / "badge.css").read_text()
    rules = re.findall(r"^((?:\[data-state=[^{}]+))\{ --badge-color: var\((--\w+)\);", badge, re.MULTILINE)
    named = [
        colour
        for selectors, colour in rules
        if f'[data-state="{state}"]' in re.split(r",\s*", selectors.strip())
    ]
    assert len(named) == 1


def test_colours_are_written_in_the_tokens_and_nowhere_else():
    for path in FILES:
        if path.name not in {"tokens.css", "print.css"}:
            assert not re.search(r"#[0-9a-f]{3,8}\b", path.read_text()), path


def test_every_token_that_is_used_exists():
    text = "".join(path.read_text() for path in FILES)
    assert set(re.findall(r"var\(--([\w-]+)\)", text)) <= set(re.findall(r"--([\w-]+):", text))


@pytest.mark.parametrize(
    "feature", ["prefers-reduced-motion", "forced-colors", "prefers-contrast", "@media print"]
)
def test_the_wishes_of_the_reader_are_heeded(feature):
    assert any(feature in path.read_text() for path in FILES)
