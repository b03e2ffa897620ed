import time

import pytest

from kernel.yaml_marks import MAX_BYTES, YamlProblems, join, load


def refused(source) -> list[tuple]:
    with pytest.raises(YamlProblems) as error:
        load(source)
    return [(p.code, p.pointer, p.line, p.column) for p in error.value.problems]


def test_values_and_keys_remember_where_they_stood():
    document = load("a: 1\nb:\n  - x\n  - {c/d: e}\n")
    assert document.value == {"a": 1, "b": ["x", {"c/d": "e"}]}
    assert document.values["/a"] == (1, 4)
    assert document.values["/b/1/c~1d"] == (4, 11)
    assert document.keys["/b/1/c~1d"] == (4, 6)
    problem = document.problem("/b/1/missing", "required", "…")
    assert (problem.line, problem.column, problem.pointer) == (4, 5, "/b/1/missing")
    assert document.problem("/b", "x", "…", at_key=True).line == 2
    assert document.problem("/b", "x", "y").as_dict() == {
        "pointer": "/b",
        "code": "x",
        "detail": "y",
        "line": 3,
        "column": 3,
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("''", ""),
        ("'true'", "true"),
        ('"1"', "1"),
        ("12", 12),
        ("-3", -3),
        ("0", 0),
        ("0123", "0123"),
        ("012345678901", "012345678901"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("22:00", "22:00"),
        ("2026-01-05", "2026-01-05"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("1.2.3", "1.2.3"),
        (".nan", ".nan"),
        ("111111111111", 111111111111),
        ("=", "="),
        ("!!str 12", "12"),
        ("|\n  a\n  b", "a\nb\n"),
    ],
)
def test_scalars_mean_what_their_writer_meant(text, value):
    found = load(f"x: {text}\n").value["x"]
    assert found == value
    assert type(found) is type(value)


def test_an_empty_file_is_nothing_and_a_byte_order_mark_is_no_character():
    assert load("").value is None
    assert load("# only a comment\n").value is None
    assert load("\ufeffa: 1").value == load(b"\xef\xbb\xbfa: 1").value == {"a": 1}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a: &x 1", [("alias_refused", "/a", 1, 4)]),
        ("a: *x", [("alias_refused", "/a", 1, 4)]),
        ("a: &x [1]\nb: [*x, *x]", [("alias_refused", "/a", 1, 4)]),
        ("a: !!python/object/apply:os.system [ls]", [("tag_refused", "/a", 1, 4)]),
        ("a: !secret x", [("tag_refused", "/a", 1, 4)]),
        ("a: !!binary aGk=", [("tag_refused", "/a", 1, 4)]),
        ("a: 1\n---\nb: 2", [("several_documents", "", 2, 1)]),
        ("a: 1\nb: 2\na: 3\na: 4", [("duplicate_key", "", 3, 1), ("duplicate_key", "", 4, 1)]),
        ("'a': 1\na: 2", [("duplicate_key", "", 2, 1)]),
        ("? [1]\n: 2", [("key_invalid", "", 1, 3)]),
        ("? {a: 1}\n: 2", [("key_invalid", "", 1, 3)]),
        ("a: ]", [("yaml_invalid", "", 1, 4)]),
        ("a: 'b", [("yaml_invalid", "", 1, 6)]),
        ("\ta: 1", [("yaml_invalid", "", 1, 1)]),
        ("a: \x00", [("not_text", "", 1, 4)]),
        ("a: 1\nb: \x1b[31m", [("not_text", "", 2, 4)]),
        (b"a: \xff", [("not_text", "", 1, 1)]),
        ("a: \ud800", [("not_text", "", 1, 1)]),
        ("a: " + "x" * MAX_BYTES, [("too_large", "", 1, 1)]),
    ],
)
def test_what_is_not_taken_is_refused_with_its_place(source, expected):
    assert refused(source) == expected


def test_merge_keys_are_ordinary_text_and_merge_nothing():
    assert load("a: {<<: {b: 1}}").value == {"a": {"<<": {"b": 1}}}


@pytest.mark.parametrize(
    "source", ["[" * 200_000, "{a: " * 60_000, "- " * 100_000, "[" + "1," * 120_000 + "]", "a: 1\n" * 50_000]
)
def test_bombs_of_depth_and_number_are_refused_quickly(source):
    began = time.process_time()
    with pytest.raises(YamlProblems):
        load(source)
    assert time.process_time() - began < 10


def test_thirty_two_levels_are_fine_and_one_more_is_not():
    assert load("[" * 32 + "]" * 32).value is not None
    assert refused("[" * 33 + "]" * 33)[0][0] == "too_deep"


def test_pointers_are_escaped():
    assert join("/a", "b/c", "d~e", 3) == "/a/b~1c/d~0e/3"
