"""Settings are read strictly: nonsense stops the start."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from releasegate.env import database, env_bool, env_list, env_number, env_secret, env_text


@pytest.fixture
def setenv(monkeypatch):
    return monkeypatch.setenv


def test_text_is_taken_as_it_is(setenv):
    setenv("X", " a ")
    assert env_text("X") == " a "
    assert env_text("MISSING") is None
    assert env_text("MISSING", "b") == "b"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", True),
        ("true", True),
        ("YES", True),
        ("on", True),
        ("0", False),
        ("False", False),
        ("no", False),
        ("off", False),
    ],
)
def test_a_boolean_is_a_known_word(setenv, text, value):
    setenv("X", text)
    assert env_bool("X", not value) is value


@pytest.mark.parametrize("text", ["", "2", "truthy", "enabled", " true"])
def test_any_other_word_stops_the_start(setenv, text):
    setenv("X", text)
    with pytest.raises(ImproperlyConfigured, match="X must be true or false"):
        env_bool("X", True)


def test_a_missing_boolean_is_its_default():
    assert env_bool("MISSING", True) is True


@pytest.mark.parametrize(("text", "value"), [("5", 5.0), ("0.5", 0.5), ("0", 0.0)])
def test_a_number_is_read(setenv, text, value):
    setenv("X", text)
    assert env_number("X", 9) == value


@pytest.mark.parametrize("text", ["", "five", "-1", "nan", "1,5", "0x10"])
def test_what_is_no_number_or_too_small_stops_the_start(setenv, text):
    setenv("X", text)
    with pytest.raises(ImproperlyConfigured, match="X must be"):
        env_number("X", 9)


def test_the_least_is_enforced(setenv):
    setenv("X", "0.5")
    with pytest.raises(ImproperlyConfigured, match="at least 1"):
        env_number("X", 9, least=1)


def test_a_list_is_split_at_commas_without_blanks(setenv):
    setenv("X", "a, b ,,c")
    assert env_list("X") == ["a", "b", "c"]
    assert env_list("MISSING", "d,e") == ["d", "e"]


def test_a_secret_may_come_from_a_file(setenv, tmp_path):
    (tmp_path / "key").write_text("s3cr3t\n")
    setenv("X_FILE", str(tmp_path / "key"))
    assert env_secret("X") == "s3cr3t"


def test_two_sources_of_a_secret_are_refused(setenv, tmp_path):
    setenv("X", "a")
    setenv("X_FILE", str(tmp_path / "key"))
    with pytest.raises(ImproperlyConfigured, match="not both"):
        env_secret("X")


def test_a_file_that_is_not_there_stops_the_start(setenv, tmp_path):
    setenv("X_FILE", str(tmp_path / "none"))
    with pytest.raises(ImproperlyConfigured, match="X_FILE cannot be read"):
        env_secret("X", "default")


def test_a_postgres_address_is_read():
    found = database("postgres://app%40x:p%2Fw@db.example:5433/rele%20ase?role=releasegate_app")
    assert found["ENGINE"].endswith("postgresql")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "app@x",
        "p/w",
        "db.example",
        "5433",
        "rele ase",
    )
    hung = "-c idle_in_transaction_session_timeout=30000"
    assert found["OPTIONS"]["options"] == f"{hung} -c role=releasegate_app"


def test_further_limits_of_a_session_are_passed_on_in_milliseconds():
    found = database(
        "postgres://a@b/c", idle_seconds=1, limits={"lock_timeout": 10, "statement_timeout": 1800}
    )
    assert found["OPTIONS"]["options"] == (
        "-c idle_in_transaction_session_timeout=1000 -c lock_timeout=10000 -c statement_timeout=1800000"
    )
    assert "lock_timeout" not in str(database("sqlite:////data/x.sqlite3", limits={"lock_timeout": 10}))


def test_sqlite_writes_take_their_lock_at_once():
    found = database("sqlite:////data/x.sqlite3")
    assert found["NAME"] == "/data/x.sqlite3"
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in found["OPTIONS"]["init_command"]


@pytest.mark.parametrize("url", ["mysql://x/y", "", "releasegate.sqlite3", "file:///x"])
def test_another_database_stops_the_start_without_showing_the_address(url):
    with pytest.raises(ImproperlyConfigured, match="must begin with"):
        database(url)


def test_a_wrong_address_does_not_print_its_password():
    with pytest.raises(ImproperlyConfigured) as refused:
        database("mysql://user:hunter2@db/x")
    assert "hunter2" not in str(refused.value)
