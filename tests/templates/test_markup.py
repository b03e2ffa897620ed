"""What no template may contain: inline style or script, addresses by hand, icons that do not exist."""

import re
from pathlib import Path

import pytest
from django.test import override_settings
from lucide import IconDoesNotExist
from lucide.templatetags.lucide import lucide

from insights.vocabulary import KINDS, UNKNOWN, WAITING_FOR

ROOT = Path(__file__).resolve().parents[2] / "templates"
FILES = sorted(path for path in ROOT.rglob("*.html"))
SVG = sorted((ROOT.parent / "static").rglob("*.svg"))
each_template = pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))


def exists(icon: str) -> bool:
    try:
        return bool(lucide(icon))
    except IconDoesNotExist:
        return False


@pytest.mark.parametrize("path", [*FILES, *SVG], ids=lambda p: p.name)
def test_no_inline_style_script_or_handler(path):
    text = path.read_text()
    assert not re.search(r"<style\b", text)
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert not re.search(r"hx-on|hx-vals=[\"']js:|javascript:", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)


@each_template
def test_addresses_come_from_url_and_static_alone(path):
    for value in re.findall(r"(?:href|action|src|hx-get|hx-post)=\"([^\"]*)\"", path.read_text()):
        assert re.match(r"\{\{|\{%|#|\?|$", value), f"{path}: {value}"


@each_template
def test_every_form_that_posts_carries_its_token(path):
    text = path.read_text()
    if path.name != "styleguide.html":
        assert len(re.findall(r'method="post"', text)) == text.count("{% csrf_token %}")


@each_template
def test_every_icon_named_in_a_template_exists(path):
    text = path.read_text()
    named = set(re.findall(r'{% icon "([\w-]+)"', text)) | set(re.findall(r'\bicon="([\w-]+)"', text))
    assert {name for name in named if not exists(name)} == set()


def test_every_icon_of_the_vocabulary_exists():
    words = [word for states in KINDS.values() for word in states.values()]
    assert [w.icon for w in [*words, *WAITING_FOR.values(), UNKNOWN] if not exists(w.icon)] == []


@each_template
def test_every_include_of_a_component_names_what_it_takes(path):
    whole_context = {
        "zone_menu.html",
        "user_menu.html",
        "theme_switch.html",
        "offline.html",
        "shortcuts.html",
    }
    for name, rest in re.findall(r'{% include "components/([\w.]+)"([^%]*)%}', path.read_text()):
        assert name in whole_context or rest.split()[-1:] == ["only"], f"{path}: {name}"


@override_settings(ROOT_URLCONF="tests.templates.urls")
def test_the_addresses_of_the_shell_have_the_agreed_names():
    names = set()
    for path in FILES:
        names |= set(re.findall(r'{% url "(\w+)"', path.read_text()))
    assert {
        "inbox",
        "releases",
        "board",
        "calendar",
        "audit",
        "account_logout",
        "set_theme",
        "set_zone",
    } <= names
