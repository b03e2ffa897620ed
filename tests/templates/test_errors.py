"""Error pages speak plainly, name the request, and need as little as possible."""

import pytest
from django.template.loader import render_to_string

WORDS = {
    400: "We could not read this request",
    403: "You may not do this",
    404: "There is nothing here",
    409: "This changed in the meantime",
    429: "That was too often",
    500: "Something broke on our side",
    503: "Not available right now",
}


@pytest.fixture(autouse=True)
def addresses(settings):
    settings.ROOT_URLCONF = "tests.templates.urls"


@pytest.mark.parametrize(("code", "words"), WORDS.items())
def test_an_error_page_says_what_happened_and_names_the_request(code, words):
    text = render_to_string(f"errors/{code}.html", {"request_id": "req_42"})
    assert f">{words}</h1>" in text
    assert f">{code}</p>" in text
    assert "<code>req_42</code>" in text


@pytest.mark.parametrize("code", WORDS)
def test_an_error_page_needs_no_context_at_all(code):
    text = render_to_string(f"errors/{code}.html")
    assert WORDS[code] in text
    assert "name the request" not in text


def test_a_detail_is_shown_escaped():
    text = render_to_string("errors/409.html", {"detail": "<i>content_hash</i>"})
    assert "&lt;i&gt;content_hash&lt;/i&gt;" in text


@pytest.mark.parametrize("code", [403, 404])
def test_what_went_wrong_is_said_once(code):
    text = render_to_string(f"errors/{code}.html", {"detail": "It takes the right to vote."})
    paragraphs = text[text.index("</h1>") :].count("<p>")
    assert paragraphs == 1
    assert ("It takes the right to vote." in text) == (code == 403)


def test_not_found_does_not_say_whether_it_exists():
    assert "we answer the same to both" in render_to_string("errors/404.html")


def test_any_other_refusal_has_a_page_with_its_own_title():
    text = render_to_string(
        "errors/error.html", {"status": 422, "title": "Not valid", "detail": "No such zone."}
    )
    assert ">Not valid</h1>" in text
    assert ">422</p>" in text
    assert "No such zone." in text


def test_the_reasons_of_a_refusal_stand_on_the_page_with_how_to_clear_them():
    reason = {"code": "freeze", "text": "prod is frozen.", "how_to_clear": "Wait until it ends."}
    text = render_to_string("errors/409.html", {"reasons": [reason]})
    assert '<li class="reason" data-code="freeze"><p>prod is frozen.</p>' in text
    assert "Wait until it ends." in text
