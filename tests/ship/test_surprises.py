"""Whatever is not as expected ends the story, and is said."""

import pytest

from ship import demo, reports
from ship.telling import Relgate, Surprise, Teller, expect

pytestmark = pytest.mark.one_database


def test_what_differs_is_a_surprise_that_names_both():
    expect("the sum", 2, 2)
    with pytest.raises(Surprise, match="the sum: expected 2, got 3"):
        expect("the sum", 3, 2)


def test_a_command_that_ends_otherwise_is_a_surprise_with_what_it_said(tmp_path):
    relgate = Relgate(Teller(), "http://127.0.0.1:1", "rgt_none", tmp_path)
    with pytest.raises(Surprise, match=r"ended with 8 and not 0: .*no answer"):
        relgate.run("whoami", "--retries", "0")
    assert "no answer" in relgate.run("whoami", "--retries", "0", code=8)["error"]


def test_the_token_is_not_on_the_command_line_that_is_printed(tmp_path, capsys):
    Relgate(Teller(), "http://127.0.0.1:1", "rgt_secret", tmp_path).run("whoami", "--retries", "0", code=8)
    assert "rgt_secret" not in capsys.readouterr().out


@pytest.mark.parametrize("there", [[], ["junit.xml"], ["coverage.xml"]])
def test_a_folder_without_both_reports_is_a_surprise(tmp_path, there):
    for name in there:
        (tmp_path / name).touch()
    with pytest.raises(Surprise, match="run `make test` first"):
        reports.of_last_run(tmp_path)


def test_both_runs_of_the_suite_are_taken(tmp_path):
    for name in ("junit-sqlite.xml", "junit-postgres.xml", "coverage.xml"):
        (tmp_path / name).touch()
    found = reports.of_last_run(tmp_path)
    assert [path.name for path in found.junit] == ["junit-postgres.xml", "junit-sqlite.xml"]


@pytest.mark.parametrize("text", ["", "no json", None])
def test_a_file_that_is_not_what_the_demo_says_is_a_surprise(tmp_path, text):
    if text is not None:
        (tmp_path / "demo.json").write_text(text)
    with pytest.raises(Surprise, match="is not what"):
        demo.running(str(tmp_path / "demo.json"))
