"""The scripts stay small, are all loaded, and use nothing that the content policy forbids."""

import re
from pathlib import Path

import pytest

JS = Path(__file__).resolve().parents[2] / "static" / "js"
FILES = sorted(JS.rglob("*.js"))


def test_all_scripts_together_have_fewer_than_500_lines():
    """Of these, passkeys take some eighty: a page cannot speak to an authenticator without a script."""
    assert 0 < sum(len(path.read_text().splitlines()) for path in FILES) < 500


def test_every_module_is_reached_from_the_entry():
    imported = {"app.js"}
    for path in FILES:
        imported |= set(re.findall(r'from "\./([\w.]+)"', path.read_text()))
    assert imported == {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_nothing_evaluates_text_or_writes_markup(path):
    text = path.read_text()
    for forbidden in (
        "eval(",
        "new Function",
        "innerHTML",
        "insertAdjacentHTML",
        "document.write",
        ".style.",
    ):
        assert forbidden not in text


def test_no_shortcut_decides_anything():
    text = (JS / "shortcuts.js").read_text()
    for act in ("submit", "approve", "reject", "vote", "cancel", "fetch"):
        assert act not in text.lower()
