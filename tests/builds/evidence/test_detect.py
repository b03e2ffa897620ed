import pytest

from builds.evidence.detect import KINDS, EvidenceRejected, EvidenceTooLarge, KindUnknown, read

JUNIT = b"<testsuite><testcase/></testsuite>"
LCOV = b"SF:a\nDA:1,1\nend_of_record\n"


def test_each_kind_has_its_reader():
    assert KINDS == ("junit", "coverage")
    assert read("junit", JUNIT).kind == "junit"
    assert read("coverage", LCOV).kind == "coverage"


@pytest.mark.parametrize(("kind", "data"), [("junit", LCOV), ("coverage", JUNIT)])
def test_a_file_of_another_kind_than_said_is_refused(kind, data):
    with pytest.raises(EvidenceRejected):
        read(kind, data)


@pytest.mark.parametrize("kind", ["", "JUnit", "sarif", "__class__"])
def test_an_unknown_kind_names_those_there_are(kind):
    with pytest.raises(KindUnknown, match="junit, coverage"):
        read(kind, JUNIT)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_over_ten_megabytes_is_too_large(kind):
    with pytest.raises(EvidenceTooLarge):
        read(kind, b"<" * (10 * 1024**2 + 1))
