from releases.changes import list_changes


def commit(sha, author="dana@acme.example", message="work", **more):
    return {"sha": sha, "author": author, "message": message, **more}


def test_the_union_lists_each_commit_once_with_the_version_it_came_in():
    changes = list_changes("forward", [("1.2.0", [commit("b"), commit("a")]), ("1.1.0", [commit("a")])])
    assert [(c["sha"], c["version"]) for c in changes.commits] == [("b", "1.2.0"), ("a", "1.2.0")]
    assert changes.state == "supplied"
    assert changes.missing == ()


def test_nothing_supplied_is_not_an_empty_list_of_changes():
    changes = list_changes("forward", [("1.1.0", None), ("1.0.0", None)])
    assert changes.as_dict() == {
        "state": "not_supplied",
        "direction": "forward",
        "commits": [],
        "authors": [],
        "tickets": [],
        "missing": ["1.1.0", "1.0.0"],
    }


def test_a_posted_empty_list_is_supplied():
    changes = list_changes("forward", [("1.1.0", [])])
    assert (changes.state, changes.commits) == ("supplied", ())


def test_a_gap_makes_the_list_unknown_and_is_named():
    changes = list_changes("forward", [("1.2.0", [commit("b")]), ("1.1.0", None)])
    assert (changes.state, changes.missing) == ("unknown", ("1.1.0",))
    assert [c["sha"] for c in changes.commits] == ["b"]


def test_authors_and_tickets_are_collected_once_and_sorted():
    changes = list_changes(
        "forward",
        [
            ("2", [commit("c", "Omar@acme.example", ticket="PAY-9"), commit("b", ticket="PAY-7")]),
            ("1", [commit("a", ticket="PAY-9"), commit("0", ticket=None)]),
        ],
    )
    assert changes.authors == ("dana@acme.example", "omar@acme.example")
    assert changes.tickets == ("PAY-7", "PAY-9")


def test_the_same_release_changes_nothing():
    changes = list_changes("same", [])
    assert (changes.state, changes.direction, changes.commits) == ("supplied", "same", ())


def test_co_authors_and_committers_count_as_authors():
    message = "Fix rounding\n\nCo-authored-by: Omar O <Omar@Acme.example>\n"
    made = commit("a", "Dana D <Dana@acme.example>", message, committer="bot@acme.example")
    changes = list_changes("forward", [("1", [made])])
    assert changes.commits[0]["authors"] == ["dana@acme.example", "bot@acme.example", "omar@acme.example"]
    assert changes.authors == ("bot@acme.example", "dana@acme.example", "omar@acme.example")


def test_a_commit_that_is_posted_twice_was_written_by_everybody_it_names():
    first = {"sha": "1" * 40, "author": "dana@acme.example", "message": ""}
    again = {**first, "author": "rita@acme.example"}
    for releases in ([("1.1.0", [first, again])], [("1.1.0", [first]), ("1.0.0", [again])]):
        found = list_changes("forward", releases)
        assert len(found.commits) == 1
        assert found.authors == ("dana@acme.example", "rita@acme.example")
