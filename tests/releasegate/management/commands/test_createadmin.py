"""The first administrator comes from the command line."""

import io

import pytest
from django.core.management import CommandError, call_command

from audit.models import AuditEvent
from teams.models import Person

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"
FLAGS = {"username": "ada", "email": "ada@acme.example", "name": "Ada Lovelace"}


def run(monkeypatch, password: str = PASSWORD, **flags) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    out = io.StringIO()
    call_command("createadmin", password_stdin=True, stdout=out, **{**FLAGS, **flags})
    return out.getvalue()


def test_a_script_makes_an_administrator_who_can_sign_in(monkeypatch, client):
    assert "ada is an administrator" in run(monkeypatch)
    ada = Person.objects.get()
    assert (ada.username, ada.email, ada.name, ada.roles) == (*FLAGS.values(), ["administrator"])
    assert ada.check_password(PASSWORD)


def test_it_is_recorded_and_the_password_is_not(monkeypatch):
    run(monkeypatch)
    event = AuditEvent.objects.get(kind="person.changed")
    assert event.actor == "system:createadmin"
    assert PASSWORD.encode() not in bytes(event.body)


@pytest.mark.parametrize(
    ("flags", "password", "words"),
    [
        ({}, "short", "12 characters"),
        ({}, "", ""),
        ({"username": "Not A Name"}, PASSWORD, "a-z"),
        ({"email": "nonsense"}, PASSWORD, ""),
        ({"name": " "}, PASSWORD, "characters"),
    ],
)
def test_a_wrong_answer_is_refused_with_its_reason(monkeypatch, flags, password, words):
    with pytest.raises(CommandError) as refused:
        run(monkeypatch, password, **flags)
    assert words in str(refused.value)
    assert not Person.objects.exists()
    assert not AuditEvent.objects.exists()


def test_a_taken_name_is_refused(monkeypatch):
    run(monkeypatch)
    with pytest.raises(CommandError, match="taken"):
        run(monkeypatch, email="other@acme.example")
    assert Person.objects.count() == 1


def test_a_person_is_asked_for_what_no_flag_gives(monkeypatch):
    answers = iter(["ada", "ada@acme.example", "Ada Lovelace"])
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    monkeypatch.setattr("getpass.getpass", lambda question: PASSWORD)
    call_command("createadmin", stdout=io.StringIO())
    assert Person.objects.get().check_password(PASSWORD)


def test_two_different_passwords_are_refused(monkeypatch):
    passwords = iter([PASSWORD, PASSWORD + "x"])
    monkeypatch.setattr("getpass.getpass", lambda question: next(passwords))
    with pytest.raises(CommandError, match="differ"):
        call_command("createadmin", stdout=io.StringIO(), **FLAGS)
    assert not Person.objects.exists()


def test_without_a_terminal_the_flags_are_named(monkeypatch):
    def no_terminal(question):
        raise EOFError

    monkeypatch.setattr("builtins.input", no_terminal)
    with pytest.raises(CommandError, match="--password-stdin"):
        call_command("createadmin")
