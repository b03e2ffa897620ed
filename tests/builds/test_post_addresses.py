"""An address that a post brings is neither a script nor a credential; a time is one in every zone."""

import pytest

from tests.builds.test_post import changed


@pytest.mark.parametrize(
    "repository",
    [
        "https://ghp_0123456789@github.com/x",
        "HTTPS://x@github.com/x",
        "https://user:secret@github.com/x",
        "ssh://git:secret@host/x",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://host/x",
    ],
)
def test_a_script_or_a_credential_is_no_address_of_a_repository(repository):
    assert changed(repository=repository) == [("/repository", "repository_invalid")]


@pytest.mark.parametrize("built_at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_outside_the_calendar_is_no_time(built_at):
    assert changed(built_at=built_at) == [("/built_at", "time_invalid")]


@pytest.mark.parametrize("repository", ["/srv/git/x", "file:///srv/git/x", "git://host/x", "me@host:x.git"])
def test_where_git_clones_from_is_an_address_of_a_repository(repository):
    assert changed(repository=repository) == []
