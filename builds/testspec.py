"""The verification contract: which tests the team wants run after each deployment (requirement J05).

The `test-bundle` artifact is a zip that holds `releasegate/tests.yaml`. The bundle comes from strangers: it
is inspected before anything is read from it, and nothing is ever unpacked here.
"""

import hashlib
import io
import lzma
import re
import stat
import struct
import zipfile
import zlib
from dataclasses import asdict, dataclass

from kernel.yaml_marks import Document, Problem, Reader, YamlProblems, join, load

SPEC_PATH = "releasegate/tests.yaml"
KINDS = ("codebuild",)
MAX_SPEC_BYTES = 256 * 1024
MAX_ENTRIES = 10_000
MAX_TOTAL_BYTES = 2 * 1024**3
BOMB_BYTES, BOMB_RATIO = 64 * 1024**2, 50  # above this size, unpacking to more than so many times is refused
MAX_SUITES = 50
MAX_TIMEOUT, DEFAULT_TIMEOUT = 3600, 600  # seconds
MAX_RETRIES = 3
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ENVIRONMENT = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
# What Python's zipfile and its decompressors raise at bytes made to break them; no list in its documentation.
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    ArithmeticError,
    MemoryError,
)
_KEYS = ("name", "kind", "buildspec", "environments", "timeout", "required", "retries", "report")


class SpecMissing(Exception):
    """The bundle holds no releasegate/tests.yaml."""


class SpecProblems(Exception):
    """The bundle or its spec cannot be used. `problems`: a list of Problem (pointer, line, column, code,
    detail); those of the bundle itself have no line."""

    def __init__(self, problems: list[Problem]):
        super().__init__("; ".join(f"line {p.line}: {p.detail}" if p.line else p.detail for p in problems))
        self.problems = problems


@dataclass(frozen=True)
class Suite:
    """One suite. `environments`: where it runs, None: everywhere; `timeout` in seconds; `retries`: how often
    it is
    run again when it fails; `report`: the path of its JUnit report in the bundle's directory, or None."""

    name: str
    kind: str
    buildspec: str
    environments: list[str] | None
    timeout: int
    required: bool
    retries: int
    report: str | None


@dataclass(frozen=True)
class TestSpec:
    """`digest`: `sha256:<hex>` of the spec file's bytes, which approvals are bound to."""

    __test__ = False  # not a test, whatever pytest makes of the name

    digest: str
    suites: list[Suite]

    def as_dict(self) -> dict:
        """`{"digest", "suites": [{…}]}`."""
        return {"digest": self.digest, "suites": [asdict(suite) for suite in self.suites]}


def suites_for(facts: dict | None, environment: str) -> list[dict]:
    """The suites that run in this environment, in the order of the file, from what `spec_facts` said of the bundle
    (None: it was not read). A suite that names no environment runs in every one."""
    suites = (facts or {}).get("suites", [])
    return [s for s in suites if not s.get("environments") or environment in s["environments"]]


def spec_facts(data: bytes) -> dict:
    """`TestSpec.as_dict()`, or `{"problems": [{pointer, code, detail, line, column}]}`; never raises."""
    try:
        return read_bundle(data).as_dict()
    except SpecMissing as error:
        return {"problems": [Problem("", None, None, "test_spec_missing", str(error)).as_dict()]}
    except SpecProblems as error:
        return {"problems": [problem.as_dict() for problem in error.problems]}


def read_bundle(data: bytes) -> TestSpec:
    """The spec in a zip bundle. Raises SpecMissing; SpecProblems with the codes `bundle_unreadable`,
    `bundle_unsafe` (bomb, path outside, link, encrypted, name twice) or those of the spec."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as bundle:
            entries = _inspected(bundle, len(data))
            if SPEC_PATH not in entries:
                raise SpecMissing(f"The test-bundle holds no {SPEC_PATH}.")
            source = _content(bundle, entries[SPEC_PATH])
    except ZIP_ERRORS as error:
        raise SpecProblems(
            [_bundle("bundle_unreadable", "The test-bundle is not a zip file that can be read.")]
        ) from error
    return parse(source, files=frozenset(entries))


def _bundle(code: str, detail: str) -> Problem:
    return Problem("", None, None, code, detail)


def _inspected(bundle: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """The files by name, after every entry was looked at."""
    infos = bundle.infolist()
    total = sum(info.file_size for info in infos)
    if len(infos) > MAX_ENTRIES:
        raise SpecProblems(
            [_bundle("bundle_unsafe", f"The test-bundle has more than {MAX_ENTRIES} entries.")]
        )
    if total > MAX_TOTAL_BYTES or (total > BOMB_BYTES and total > BOMB_RATIO * size):
        detail = f"The test-bundle would unpack to {total} bytes from {size}."
        raise SpecProblems([_bundle("bundle_unsafe", detail)])
    entries: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        wrong = _unsafe(info)
        if wrong or info.filename in entries:
            detail = f"{info.filename[:200]!r}: {wrong or 'this name stands in the test-bundle twice'}."
            raise SpecProblems([_bundle("bundle_unsafe", detail)])
        entries[info.filename] = info
    return {name: info for name, info in entries.items() if not info.is_dir()}


def _unsafe(info: zipfile.ZipInfo) -> str | None:
    name = info.orig_filename  # as written: ZipInfo.filename is cut at a NUL
    kind = stat.S_IFMT(info.external_attr >> 16)
    if not safe_path(name.rstrip("/") if info.is_dir() else name):
        return "this path leads out of the bundle"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "links and special files are not taken"
    if info.flag_bits & 0x1:
        return "encrypted entries cannot be read"
    return None


def safe_path(path: str) -> bool:
    """A relative path with forward slashes that stays below where it starts, on every operating system."""
    parts = path.split("/")
    return (
        0 < len(path) <= 1000
        and path.isprintable()
        and not any(char in path for char in "\\:")
        and all(part not in ("", ".", "..") for part in parts)
    )


def _content(bundle: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    # The size in the directory is only a claim; what counts is how much comes out.
    with bundle.open(info) as file:
        content = file.read(MAX_SPEC_BYTES + 1)
    if len(content) > MAX_SPEC_BYTES:
        raise SpecProblems([_bundle("too_large", f"{SPEC_PATH} has more than {MAX_SPEC_BYTES} bytes.")])
    return content


def parse(source: bytes, *, files: frozenset[str] | None = None) -> TestSpec:
    """The spec file alone. `files`: what the bundle holds, so that a buildspec that is not there is found.
    Raises SpecProblems with everything wrong, in the order of the file."""
    try:
        document = load(source, max_bytes=MAX_SPEC_BYTES)
    except YamlProblems as error:
        raise SpecProblems(error.problems) from error
    reader = _Reader(document, files)
    suites = reader.suites()
    if reader.problems:
        raise SpecProblems(sorted(reader.problems, key=lambda p: (p.line, p.column, p.pointer)))
    return TestSpec("sha256:" + hashlib.sha256(source).hexdigest(), suites)


class _Reader(Reader):
    """Collects problems; a value with a problem is thrown away with all the rest."""

    def __init__(self, document: Document, files: frozenset[str] | None):
        super().__init__(document)
        self.files = files

    def suites(self) -> list[Suite]:
        body = self.mapping(self.document.value, "", ("suites",), ("suites",))
        rows = body.get("suites", [])
        if not isinstance(rows, list) or ("suites" in body and not 1 <= len(rows) <= MAX_SUITES):
            self.say("/suites", "type_invalid", f"suites is a list of 1 to {MAX_SUITES} suites.")
            return []
        found = [self.suite(row, f"/suites/{index}") for index, row in enumerate(rows)]
        names: set[str] = set()
        for index, suite in enumerate(found):
            if suite.name in names:
                self.say(f"/suites/{index}/name", "duplicate_suite", "A suite above has this name already.")
            names.add(suite.name)
        return found

    def suite(self, row, pointer: str) -> Suite:
        body = self.mapping(row, pointer, _KEYS, ("name", "kind", "buildspec"))
        if "name" in body and not _matches(_NAME, body["name"]):
            self.say(f"{pointer}/name", "name_invalid", "A name has letters, digits and . _ -, at most 64.")
        if "kind" in body and body["kind"] not in KINDS:
            self.say(f"{pointer}/kind", "unknown_kind", f"The kinds of suite are {', '.join(KINDS)}.")
        return Suite(
            name=str(body.get("name")),
            kind=str(body.get("kind")),
            buildspec=self.path(body, pointer, "buildspec", in_bundle=True) or "",
            environments=self.environments(body, pointer),
            timeout=self.number(body, pointer, "timeout", DEFAULT_TIMEOUT, (1, MAX_TIMEOUT)),
            required=self.flag(body, pointer, "required"),
            retries=self.number(body, pointer, "retries", 0, (0, MAX_RETRIES)),
            report=self.path(body, pointer, "report", in_bundle=False),
        )

    def path(self, body: dict, pointer: str, key: str, *, in_bundle: bool) -> str | None:
        value = body.get(key)
        if key not in body or (value is None and not in_bundle):
            return None
        if not isinstance(value, str) or not safe_path(value):
            self.say(f"{pointer}/{key}", "path_invalid", f"{key} is a path inside the bundle.")
        elif in_bundle and self.files is not None and value not in self.files:
            self.say(f"{pointer}/{key}", "file_missing", f"The test-bundle holds no {value}.")
        return value if isinstance(value, str) else None

    def environments(self, body: dict, pointer: str) -> list[str] | None:
        value = body.get("environments")
        if value is None:
            return None
        place = f"{pointer}/environments"
        if not isinstance(value, list) or not value:
            self.say(place, "type_invalid", "environments is a list of names; leave it out for all.")
            return None
        for index, name in enumerate(value):
            if not _matches(_ENVIRONMENT, name):
                self.say(join(place, index), "name_invalid", "This is not the name of an environment.")
        return value

    def number(self, body: dict, pointer: str, key: str, default: int, limits: tuple[int, int]) -> int:
        value = body.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not limits[0] <= value <= limits[1]:
            self.say(
                f"{pointer}/{key}",
                "value_invalid",
                f"{key} is a whole number from {limits[0]} to {limits[1]}.",
            )
            return default
        return value

    def flag(self, body: dict, pointer: str, key: str) -> bool:
        value = body.get(key, True)
        if not isinstance(value, bool):
            self.say(f"{pointer}/{key}", "type_invalid", f"{key} is true or false.")
            return True
        return value


def _matches(pattern: re.Pattern, value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
