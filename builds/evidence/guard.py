"""Reading files that strangers made: limits first, then a parser that expands nothing and fetches nothing.

A document type that only names an external DTD is taken, because every Cobertura and JaCoCo report carries
one; it is never fetched. An internal subset, an entity and an external reference are refused.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

MAX_BYTES = 10 * 1024**2
MAX_DEPTH = 64
MAX_ELEMENTS = 500_000
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class EvidenceRejected(Exception):
    """The file cannot be read safely or is not what it claims to be. `line`, `column` from 1, or None."""

    def __init__(self, detail: str, line: int | None = None, column: int | None = None):
        super().__init__(detail)
        self.detail = detail
        self.line = line
        self.column = column


class EvidenceTooLarge(EvidenceRejected):
    """Over MAX_BYTES; the adapter answers 413."""


@dataclass(frozen=True)
class Facts:
    """What a report says. `verdict`: pass | fail | warn | none; `summary` as the API shows it; `problems`: [{code,
    detail}].

    `none` is no verdict at all (nothing was tested or measured) and never counts as a pass.
    """

    kind: str
    dialect: str
    verdict: str
    summary: dict
    problems: list[dict] = field(default_factory=list)


class _Limited(TreeBuilder):
    """Builds the tree and stops at the limits. `Element.line` is not kept; places matter for refusals
    only."""

    def __init__(self):
        super().__init__()
        self.depth = 0
        self.elements = 0

    def start(self, tag, attrs):
        self.depth += 1
        self.elements += 1
        if self.depth > MAX_DEPTH:
            raise EvidenceRejected(f"Elements are nested more than {MAX_DEPTH} deep.")
        if self.elements > MAX_ELEMENTS:
            raise EvidenceRejected(f"The file has more than {MAX_ELEMENTS} elements.")
        return super().start(tag.rpartition("}")[2], attrs)

    def end(self, tag):
        self.depth -= 1
        return super().end(tag.rpartition("}")[2])


def check_size(data: bytes) -> None:
    """Raises EvidenceTooLarge, or EvidenceRejected for a file of nothing."""
    if len(data) > MAX_BYTES:
        raise EvidenceTooLarge(f"The file has {len(data)} bytes; at most {MAX_BYTES} are taken.")
    if not data.strip(b" \t\r\n\xef\xbb\xbf\x00"):
        raise EvidenceRejected("The file is empty.", 1, 1)


def parse_xml(data: bytes) -> Element:
    """The root element, namespaces dropped from tags. Raises EvidenceRejected with line and column."""
    check_size(data)
    if b"\x00" in data and not data.startswith(_UTF16):
        raise EvidenceRejected("The file holds a NUL byte.", data.count(b"\n", 0, data.index(b"\x00")) + 1, 1)
    parser = DefusedXMLParser(target=_Limited(), forbid_dtd=False, forbid_entities=True, forbid_external=True)
    expat = parser.parser

    def document_type(name, system_id, public_id, has_internal_subset):
        if has_internal_subset:
            raise EvidenceRejected("The file declares its own document type; that is not taken.")

    def skipped_entity(name, is_parameter_entity):
        raise EvidenceRejected("The file refers to an entity that is not part of it.")

    expat.StartDoctypeDeclHandler = document_type
    expat.SkippedEntityHandler = skipped_entity
    try:
        parser.feed(data)
        return parser.close()
    except ParseError as error:
        line, column = error.position
        raise EvidenceRejected(f"This is not well-formed XML: {error.msg}.", line, column + 1) from error
    except DefusedXmlException as error:
        detail = "The file declares entities or refers to another file; that is not taken."
        raise EvidenceRejected(detail, *_place(expat)) from error
    except EvidenceRejected as error:
        raise EvidenceRejected(error.detail, *_place(expat)) from error
    except (ValueError, LookupError) as error:  # an encoding that nobody knows, or that expat cannot take
        raise EvidenceRejected("The file's encoding cannot be read.", *_place(expat)) from error


def _place(expat) -> tuple[int, int]:
    return expat.CurrentLineNumber, expat.CurrentColumnNumber + 1


def parse_json(data: bytes) -> object:
    """Plain data. Raises EvidenceRejected with line and column; NaN, Infinity and endless nesting are
    refused."""
    text = decode(data)

    def constant(name):
        raise EvidenceRejected(f"{name} is not a number in JSON.", 1, 1)

    try:
        return json.loads(text, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise EvidenceRejected(f"This is not JSON: {error.msg}.", error.lineno, error.colno) from error
    except RecursionError as error:
        raise EvidenceRejected("Values are nested too deeply.", 1, 1) from error
    except ValueError as error:  # a number of thousands of digits
        raise EvidenceRejected("The file holds a number that is too long.", 1, 1) from error


def decode(data: bytes) -> str:
    """UTF-8 text without a byte order mark. Raises EvidenceRejected at the first byte that is none, or
    NUL."""
    check_size(data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise EvidenceRejected("The file is not UTF-8 text.", line, column) from error
    if "\x00" in text:
        raise EvidenceRejected("The file holds a NUL byte.", text.count("\n", 0, text.index("\x00")) + 1, 1)
    return text


def lines(data: bytes) -> Iterator[tuple[int, str]]:
    """(number from 1, text without surrounding space) of every line that is not blank. Raises as `decode`."""
    for number, line in enumerate(decode(data).splitlines(), start=1):
        if line.strip():
            yield number, line.strip()


def problem(code: str, detail: str) -> dict:
    """One entry of `Facts.problems`: something odd that did not keep the file from being read."""
    return {"code": code, "detail": detail}
