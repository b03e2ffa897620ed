"""What looks for leaks finds them: in text, in bytes, in a file, in an answer."""

import sqlite3

import pytest

from tests.journeys import canaries


@pytest.mark.one_database
def test_a_secret_is_found_wherever_it_lies_and_named_by_what_it_is(tmp_path):
    base = tmp_path / "db.sqlite3"
    with sqlite3.connect(base) as connection:
        connection.execute("CREATE TABLE texts (a, b)")
        connection.execute("INSERT INTO texts VALUES (1, 'said hunter2 aloud')")
        connection.execute("CREATE TABLE bodies (body)")
        connection.execute("INSERT INTO bodies VALUES (?)", (b"\x00{hunter2}",))
    connection.close()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "web.log").write_text("x" * 100_001 + "hunter2")
    leaks = canaries.found(
        {"password": "hunter2", "token": "rgt_x"},
        iter([("/board", b"hunter3")]),
        canaries.sqlite_rows(base),
        canaries.files(tmp_path / "logs"),
    )
    assert leaks == [
        "password in texts",
        "password in bodies",
        f"password in {tmp_path / 'logs' / 'web.log'}",
    ]


def test_finding_nothing_to_look_at_is_no_proof():
    with pytest.raises(AssertionError, match="nothing to look at"):
        canaries.found({"password": "hunter2"}, iter([]))
