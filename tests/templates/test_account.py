"""The sign-in pages: our own frame, fields that a password manager and a screen reader understand."""

import pytest
from allauth.account.forms import LoginForm
from django.template.loader import render_to_string
from django.test import RequestFactory

from tests.templates import styleguide


@pytest.fixture(autouse=True)
def addresses(settings):
    settings.ROOT_URLCONF = "tests.templates.urls"


def login(**context) -> str:
    form = context.pop("form", None) or LoginForm(request=RequestFactory().get("/"))
    return render_to_string("account/login.html", styleguide.shell(form=form, **context))


def test_the_form_posts_name_and_password_to_the_sign_in_address():
    text = login()
    assert '<form class="form" method="post" action="/account_login/">' in text
    assert 'autocomplete="current-password"' in text
    assert text.count('name="login"') == 1
    assert text.count('name="password"') == 1


def test_there_is_no_way_to_sign_up():
    assert "sign up" not in login().lower()


def test_the_demo_says_who_can_sign_in_and_nothing_else_does():
    assert "This is the demo company" in login(demo=True)
    assert "demo company" not in login(demo=False)
    assert "rita" not in login(demo=False, me=None)


def test_a_failed_attempt_is_said_in_an_alert():
    form = LoginForm({"login": "", "password": ""}, request=RequestFactory().post("/"))
    form.errors["__all__"] = form.error_class(["The name or the password is not right."])
    text = login(form=form)
    assert 'data-tone="danger" role="alert"' in text
    assert "The name or the password is not right." in text
    assert 'aria-invalid="true"' in text


def test_the_page_has_no_navigation():
    assert "shell-nav" not in login()


@pytest.mark.parametrize(
    "name",
    ["logout", "password_reset_done", "password_reset_from_key_done", "account_inactive", "signup_closed"],
)
def test_the_quiet_pages_render_in_our_frame(name):
    text = render_to_string(f"account/{name}.html", styleguide.shell())
    assert 'class="entrance"' in text
    assert text.count("<h1>") == 1


@pytest.mark.parametrize("name", ["password_change", "password_set", "password_reset", "reauthenticate"])
def test_the_password_pages_show_every_field_and_its_error(name):
    text = render_to_string(f"account/{name}.html", styleguide.shell(form=styleguide.FreezeForm({})))
    assert 'class="entrance"' in text
    assert text.count('class="field-error"') == 3
    assert 'href="#id_reason"' in text


def test_a_dead_link_says_so_and_leads_on():
    text = render_to_string("account/password_reset_from_key.html", styleguide.shell(token_fail=True))
    assert "This link does not work any more" in text
    assert "/account_reset_password/" in text
