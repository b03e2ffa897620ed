import time

import pytest

from builds.evidence.guard import (
    MAX_BYTES,
    EvidenceRejected,
    EvidenceTooLarge,
    decode,
    lines,
    parse_json,
    parse_xml,
)

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<testsuite><testcase name="&b;"/></testsuite>"""
HOSTILE = {
    "entity bomb": BOMB,
    "quadratic blow-up": b"<!DOCTYPE x [<!ENTITY a '" + b"a" * 50_000 + b"'>]><x>" + b"&a;" * 1000 + b"</x>",
    "external entity": b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>",
    "external entity over http": b"<!DOCTYPE x [<!ENTITY e SYSTEM 'http://127.0.0.1:1/'>]><x>&e;</x>",
    "parameter entity": b"<!DOCTYPE x [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/x.dtd'> %p;]><x/>",
    "default attributes": b"<!DOCTYPE x [<!ATTLIST x status CDATA 'passed'>]><x/>",
    "an empty internal subset": b"<!DOCTYPE x []><x/>",
    "undeclared entity": b"<x>&nbsp;</x>",
    "undeclared entity with an external type": b"<!DOCTYPE x SYSTEM 'x.dtd'><x>&who;</x>",
    "too deep": b"<a>" * 65 + b"</a>" * 65,
    "far too deep": b"<a>" * 200_000,
    "too many elements": b"<a>" + b"<b/>" * 500_001 + b"</a>",
    "truncated": b"<testsuite><testcase",
    "truncated between elements": b"<testsuite><testcase/>",
    "mismatched": b"<a><b></a></b>",
    "two roots": b"<a/><b/>",
    "nothing": b"",
    "only blanks": b" \r\n\t ",
    "only a byte order mark": b"\xef\xbb\xbf",
    "only NULs": b"\x00" * 100,
    "NUL inside": b"<a>\x00</a>",
    "control character": b"<a>\x01</a>",
    "control character in CDATA": b"<a><![CDATA[\x1b[31m]]></a>",
    "invalid UTF-8": b"<a>\xff\xfe\xfd</a>",
    "unknown encoding": b"<?xml version='1.0' encoding='klingon'?><a/>",
    "an encoding that decodes to something else": b"<?xml version='1.0' encoding='utf-7'?><a/>",
    "half of UTF-16": b"\xff\xfe<\x00a",
    "not XML": b"PK\x03\x04 this is a zip",
    "JSON": b'{"a": 1}',
    "text before": b"hello <a/>",
    "blank line before the declaration": b"\n<?xml version='1.0'?><a/>",
    "attribute twice": b"<a b='1' b='2'/>",
    "undeclared prefix": b"<x:a/>",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_and_broken_xml_is_refused_quickly_and_with_its_place(data):
    began = time.process_time()
    with pytest.raises(EvidenceRejected) as refused:
        parse_xml(data)
    assert time.process_time() - began < 10
    assert refused.value.line >= 1
    assert refused.value.column >= 1
    assert refused.value.detail
    assert not isinstance(refused.value, EvidenceTooLarge)


def test_the_place_is_exact():
    with pytest.raises(EvidenceRejected) as refused:
        parse_xml(b"<a>\n  <b>\n  </c>\n</a>")
    assert (refused.value.line, refused.value.column) == (3, 5)


def test_sixty_four_levels_are_fine():
    assert parse_xml(b"<a>" * 64 + b"</a>" * 64).tag == "a"


def test_a_document_type_that_only_names_an_external_file_is_taken_and_never_fetched():
    data = b"<!DOCTYPE coverage SYSTEM 'http://127.0.0.1:1/coverage-04.dtd'><coverage/>"
    assert parse_xml(data).tag == "coverage"


def test_an_entity_of_an_external_type_in_an_attribute_stays_empty_and_is_never_looked_up():
    assert parse_xml(b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x.dtd'><x hits='&who;'/>").attrib == {
        "hits": ""
    }


def test_over_the_limit_is_a_case_of_its_own_and_at_the_limit_is_not():
    with pytest.raises(EvidenceTooLarge):
        parse_xml(b" " * (MAX_BYTES + 1))
    with pytest.raises(EvidenceTooLarge):
        parse_json(b" " * (MAX_BYTES + 1))
    assert parse_xml(b"<a>" + b" " * (MAX_BYTES - 7) + b"</a>").tag == "a"


BAD_JSON = {
    "nothing": b"",
    "truncated": b'{"a": [1,',
    "NaN": b"[NaN]",
    "Infinity": b"[-Infinity]",
    "endless nesting": b"[" * 100_000,
    "a number of ten thousand digits": b"[" + b"9" * 10_000 + b"]",
    "two documents": b"{} {}",
    "single quotes": b"{'a': 1}",
    "invalid UTF-8": b'["\xff"]',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "NUL": b'{"a": "\x00"}',
}


@pytest.mark.parametrize("data", BAD_JSON.values(), ids=BAD_JSON)
def test_broken_json_is_refused_with_its_place(data):
    with pytest.raises(EvidenceRejected) as refused:
        parse_json(data)
    assert refused.value.line >= 1
    assert refused.value.column >= 1


def test_json_with_a_byte_order_mark_is_read():
    assert parse_json(b'\xef\xbb\xbf{"a": [1]}') == {"a": [1]}


def test_text_names_the_first_bad_byte():
    with pytest.raises(EvidenceRejected) as refused:
        decode(b"good\nbad \xff\n")
    assert (refused.value.line, refused.value.column) == (2, 5)


def test_lines_are_numbered_as_in_the_file_and_blank_ones_left_out():
    assert list(lines(b"\xef\xbb\xbf one \r\n\r\ntwo\n")) == [(1, "one"), (3, "two")]
