"""One thing that is wrong, in the published form."""

from pipelines.errors import refuse, wrong


def test_an_error_has_pointer_code_and_detail_and_what_else_helps():
    assert wrong("/a", "b", "C.", line=3) == {"pointer": "/a", "code": "b", "detail": "C.", "line": 3}


def test_a_refusal_of_one_error_has_its_code():
    refusal = refuse("/a", "b", "C.", groups=["keys"])
    assert (refusal.status, refusal.code, refusal.detail) == (422, "b", "C.")
    assert refusal.errors == [{"pointer": "/a", "code": "b", "detail": "C."}]
    assert refusal.extra == {"groups": ["keys"]}
