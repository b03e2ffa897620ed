"""What is said about authors nobody knows."""

from insights.reads.red_facts import _unknown_in_words


def test_versions_without_commits_and_unknown_addresses_are_told_apart():
    unknown = ("the authors of 1.3.0", "the authors of 1.2.1", "eve@example.test")
    assert _unknown_in_words(unknown) == (
        "No commits were posted with 1.3.0, 1.2.1. No account here has eve@example.test. "
        "Whoever wrote that could vote on it."
    )
