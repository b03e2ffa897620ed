"""The whole design system rendered once: well formed, accessible by structure, naming every state."""

import re
from functools import cache
from html.parser import HTMLParser

import pytest
from django.template.loader import render_to_string

from insights.vocabulary import KINDS, word_for
from tests.templates import styleguide

VOID = {
    "meta",
    "link",
    "input",
    "img",
    "br",
    "hr",
    "option",
    "path",
    "circle",
    "rect",
    "line",
    "polyline",
    "ellipse",
}


class Page(HTMLParser):
    """Collects ids, labels, tags and the nesting of a page."""

    def __init__(self, text: str):
        super().__init__()
        self.ids, self.tags, self.open, self.faults = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


@pytest.fixture(autouse=True)
def addresses(settings):
    settings.ROOT_URLCONF = "tests.templates.urls"


@cache
def rendered() -> str:
    """The style guide as text, rendered once for all tests that only read it."""
    return render_to_string("styleguide.html", styleguide.context())


@pytest.fixture
def text():
    return rendered()


@pytest.fixture
def page(text):
    return Page(text)


def test_every_element_is_closed_where_it_was_opened(page):
    assert page.faults == []
    assert page.open == []


def test_no_id_is_used_twice(page):
    assert sorted(page.ids) == sorted(set(page.ids))


def test_what_is_referred_to_exists(page):
    for _tag, attrs in page.tags:
        for name in ("aria-labelledby", "aria-describedby", "for"):
            for target in attrs.get(name, "").split():
                assert target in page.ids, f"{name}={target}"


def test_there_is_one_main_heading_and_every_region_has_a_name(page):
    assert [tag for tag, _ in page.tags].count("h1") == 1
    for tag, attrs in page.tags:
        if tag == "nav" or attrs.get("role") in {"region", "log"}:
            assert attrs.get("aria-label"), (tag, attrs)


def test_the_page_has_a_skip_link_a_main_part_and_one_polite_region(page):
    assert ("a", {"class": "skip-link", "href": "#main"}) in page.tags
    assert "main" in page.ids
    assert page.ids.count("live") == 1


def test_icons_are_silent_unless_they_have_a_name(page):
    icons = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert len(icons) > 100
    assert all(a.get("aria-hidden") == "true" or a.get("aria-label") for a in icons)


@pytest.mark.parametrize(
    ("kind", "state"), [(kind, state) for kind, states in KINDS.items() for state in states]
)
def test_every_state_is_shown_with_its_word(text, kind, state):
    badge = rf'<span class="badge" data-state="{state}" data-kind="{kind}">'
    assert (
        re.search(rf"{badge}<svg[^>]*>.*?</svg>\s*<span>([^<]+)</span>", text, re.DOTALL)[1]
        == word_for(state, kind).text
    )


def test_the_navigation_marks_where_we_are_and_counts_what_waits(text):
    assert re.search(r'href="/inbox/" data-go="i" aria-current="page"', text)
    assert text.count('aria-current="page"') == 1
    assert '<span class="nav-count" id="inbox-count">2<span' in text


def test_strips_are_spoken_and_keep_the_order_given(text):
    assert re.findall(r'class="strip" data-kind="(\w+)" role="status"', text) == ["demo", "freeze"]


@pytest.mark.parametrize(
    ("theme", "expected"), [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"')]
)
def test_a_chosen_theme_is_set_by_the_server(theme, expected):
    text = render_to_string("styleguide.html", styleguide.context(theme=theme))
    assert f"{expected}>" in text.split("<head>")[0]


@pytest.mark.parametrize("theme", ["auto", "", None, '"><script>'])
def test_any_other_theme_leaves_the_choice_to_the_system(theme):
    text = render_to_string("styleguide.html", styleguide.context(theme=theme))
    assert "data-theme=" not in text.split("<head>")[0]


def test_deletions_and_replacements_are_marked_by_sign_and_word(text):
    rows = re.findall(
        r'<tr data-change="(\w+)">.*?aria-hidden="true">(.)</span> (\w+)</span>', text, re.DOTALL
    )
    assert rows[:2] == [("remove", "−", "Delete"), ("replace", "±", "Replace")]
    assert rows[2:] == [("modify", "~", "Modify"), ("add", "+", "Add")]


def test_an_open_key_says_who_can_turn_it_and_a_filled_one_who_did(text):
    assert "Open key of payments-owners" in text
    assert "omar, rosa can turn it" in text
    assert text.count('<li class="key" data-filled>') == 1


def test_a_button_that_cannot_act_is_no_submit_button_and_says_why(text):
    assert '<button class="button" type="button" aria-disabled="true">Request deployment</button>' in text
    assert "Staging has not run it yet; it must succeed there first." in text


def test_what_people_wrote_is_escaped():
    evil = {"at": styleguide.NOW, "actor": "<b>x</b>", "text": "<script>1</script>", "comment": "<img src=x>"}
    text = render_to_string("components/timeline.html", {"events": [evil], "now": styleguide.NOW})
    assert "<script>1" not in text
    assert "<img src=x" not in text
    assert "<b>x" not in text
    assert "&lt;script&gt;1" in text


def test_a_plan_that_was_not_computed_is_not_shown_as_nothing_to_change():
    text = render_to_string("components/changeset.html", {"state": "not_computed", "reason": "No right."})
    assert "could not be computed" in text
    assert "Nothing would change" not in text


def test_an_unknown_commit_range_is_not_an_empty_list():
    text = render_to_string("components/commits.html", {"commits": [], "warning": "Shallow clone."})
    assert "Shallow clone." in text
    assert "No commits between" not in text
