"""Two accounts of one human are one, also over a third account."""

from teams.humans import joined


def test_accounts_that_share_nothing_are_two_humans():
    found = joined([("email", "a", "a@x.example"), ("email", "b", "b@x.example")])
    assert found.of("a") != found.of("b")
    assert found.twins("a") == frozenset()


def test_an_address_joins_in_any_case_and_a_passkey_exactly():
    assert joined([("email", "a", "M@x.example"), ("email", "b", "m@X.example")]).of("b") == "a"
    assert joined([("key", "a", "K"), ("key", "b", "k")]).of("b") == "b"
    assert joined([("key", "a", "K"), ("credential", "b", "K")]).of("b") == "b"


def test_a_third_account_joins_two_and_brings_its_addresses():
    found = joined(
        [
            ("email", "c", "one@x.example"),
            ("email", "a", "one@x.example"),
            ("key", "c", "K"),
            ("key", "b", "K"),
            ("email", "b", "two@x.example"),
        ]
    )
    assert {found.of(name) for name in "abc"} == {"a"}
    assert found.twins("b") == {"a", "c"}
    assert found.emails("b") == {"one@x.example", "two@x.example"}


def test_an_account_that_nothing_is_known_of_stands_for_itself():
    found = joined([])
    assert (found.of("x"), found.emails("x"), found.twins("x")) == ("x", frozenset(), frozenset())
