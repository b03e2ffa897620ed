"""Read untrusted YAML safely and remember where everything stood, so that a refusal can name line and column.

Scalars follow the core schema of YAML 1.2 (§10.3.2) with decimal numbers only: `yes`, `no`, `on`, `22:00` and
`0123` are text, as their writers meant. Anchors, aliases, tags and further documents are refused: no file of
ours needs them, and a few aliases make gigabytes.
"""

import re
from dataclasses import dataclass, field

import yaml

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_NODES = 20_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where it is built in: ten times faster
_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
# What an escape can write and neither a database nor a page takes: "\\0", "\\x1b", half a surrogate pair.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_STRINGS = ("!", "tag:yaml.org,2002:str")


@dataclass(frozen=True)
class Problem:
    """One thing wrong. `pointer`: RFC 6901; `line`, `column`: from 1, or None where there is no place."""

    pointer: str
    line: int | None
    column: int | None
    code: str
    detail: str

    def as_dict(self) -> dict:
        """The form of `errors` in a problem document."""
        return {
            "pointer": self.pointer,
            "code": self.code,
            "detail": self.detail,
            "line": self.line,
            "column": self.column,
        }


class YamlProblems(Exception):
    """The text is not YAML that we take. `problems`: a list of Problem, in the order they were met."""

    def __init__(self, problems: list[Problem]):
        super().__init__("; ".join(f"line {p.line}: {p.detail}" for p in problems))
        self.problems = problems


@dataclass(frozen=True)
class Document:
    """`value`: plain data; `values` and `keys`: pointer → (line, column) of the value and of its key."""

    value: object
    values: dict[str, tuple[int, int]]
    keys: dict[str, tuple[int, int]]

    def problem(self, pointer: str, code: str, detail: str, *, at_key: bool = False) -> Problem:
        """A Problem at the nearest place known for the pointer (itself, or what encloses it)."""
        marks = self.keys if at_key and pointer in self.keys else self.values
        place = pointer
        while place and place not in marks:
            place = place.rpartition("/")[0]
        line, column = marks.get(place, (1, 1))
        return Problem(pointer, line, column, code, detail)


def join(pointer: str, *parts: str | int) -> str:
    """A JSON pointer (RFC 6901) for something inside `pointer`."""
    return pointer + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


class Reader:
    """Reads a document by hand and collects everything wrong with it; what is wrong reads as something harmless."""

    def __init__(self, document: Document):
        self.document = document
        self.problems: list[Problem] = []

    def say(self, pointer: str, code: str, detail: str, *, at_key: bool = False) -> None:
        """Note a problem with the place of the value, or of its key."""
        self.problems.append(self.document.problem(pointer, code, detail, at_key=at_key))

    def mapping(self, value, pointer: str, known: tuple[str, ...], needed: tuple[str, ...]) -> dict:
        """The value if it is a mapping, else {}; says `type_invalid`, `unknown_field`, `required`."""
        if not isinstance(value, dict):
            self.say(pointer, "type_invalid", "This must be a mapping.")
            return {}
        for key in value:
            if key not in known:
                detail = f"Unknown key; known here are {', '.join(known)}."
                self.say(join(pointer, key), "unknown_field", detail, at_key=True)
        for key in needed:
            if key not in value:
                self.say(pointer, "required", f"The key {key} is missing.")
        return value


def load(source: str | bytes, *, max_bytes: int = MAX_BYTES) -> Document:
    """The one document in `source`. Raises YamlProblems with the codes `too_large`, `not_text`,
    `yaml_invalid`, `alias_refused`, `tag_refused`, `too_deep`, `duplicate_key`, `key_invalid`,
    `several_documents`.
    """
    text = _text(source, max_bytes)
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        detail = f"This is not YAML: {error.problem or error.context}."
        raise YamlProblems([*builder.problems, Problem("", line, column, "yaml_invalid", detail)]) from error
    except yaml.YAMLError as error:
        detail = f"This is not YAML: {getattr(error, 'reason', 'unreadable')}."
        raise YamlProblems([*builder.problems, Problem("", 1, 1, "yaml_invalid", detail)]) from error
    if builder.problems:
        raise YamlProblems(builder.problems)
    return Document(builder.root, builder.values, builder.keys)


def _text(source: str | bytes, max_bytes: int) -> str:
    size = len(source) if isinstance(source, bytes) else len(source.encode("utf-8", "surrogatepass"))
    if size > max_bytes:
        detail = f"The file has {size} bytes; at most {max_bytes} are read."
        raise YamlProblems([Problem("", 1, 1, "too_large", detail)])
    try:
        text = source.decode("utf-8-sig") if isinstance(source, bytes) else source.removeprefix("\ufeff")
        text.encode()
    except UnicodeError as error:
        raise YamlProblems([Problem("", 1, 1, "not_text", "The file is not UTF-8 text.")]) from error
    for number, line in enumerate(text.splitlines(), start=1):
        bad = re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line)
        if bad:
            detail = "The file holds a control character."
            raise YamlProblems([Problem("", number, bad.start() + 1, "not_text", detail)])
    return text


@dataclass
class _Open:
    """A mapping or sequence that is being read; `key` is the key whose value comes next."""

    value: dict | list
    pointer: str
    key: str | None = None


@dataclass
class _Builder:
    """Builds plain data from parser events without recursion, so no nesting can exhaust the stack."""

    root: object = None
    values: dict = field(default_factory=dict)
    keys: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)
    stack: list = field(default_factory=list)
    nodes: int = 0
    documents: int = 0

    def refuse(self, event, code: str, detail: str) -> Problem:
        mark = event.start_mark
        return Problem(self.pointer(), mark.line + 1, mark.column + 1, code, detail)

    def stop(self, event, code: str, detail: str) -> None:
        raise YamlProblems([*self.problems, self.refuse(event, code, detail)])

    def pointer(self) -> str:
        """Where the next value goes."""
        if not self.stack:
            return ""
        top = self.stack[-1]
        if isinstance(top.value, list):
            return join(top.pointer, len(top.value))
        return join(top.pointer, top.key) if top.key is not None else top.pointer

    def take(self, event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self.stop(event, "several_documents", "One file holds one document.")
        elif isinstance(event, yaml.AliasEvent):
            self.stop(event, "alias_refused", "Aliases are not taken here; write the value out.")
        elif isinstance(event, yaml.NodeEvent):
            self.check_node(event)
            if isinstance(event, yaml.ScalarEvent):
                self.scalar(event)
            else:
                self.open(event, {} if isinstance(event, yaml.MappingStartEvent) else [])
        elif isinstance(event, yaml.CollectionEndEvent):
            self.stack.pop()

    def check_node(self, event) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.stop(event, "too_large", f"The file holds more than {MAX_NODES} values.")
        if event.anchor is not None:
            self.stop(event, "alias_refused", "Anchors are not taken here; write the value out.")
        plain_tags = (*_STRINGS, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
        if event.tag is not None and event.tag not in plain_tags:
            self.stop(event, "tag_refused", "Tags are not taken here.")

    def open(self, event, value: dict | list) -> None:
        if self.expects_key():
            self.stop(event, "key_invalid", "A key is plain text.")
        if len(self.stack) >= MAX_DEPTH:
            self.stop(event, "too_deep", f"Values are nested more than {MAX_DEPTH} deep.")
        pointer = self.pointer()
        self.place(event, value)
        self.stack.append(_Open(value, pointer))

    def scalar(self, event) -> None:
        if _UNWRITABLE.search(event.value):
            self.stop(event, "not_text", "This text holds a control character.")
        if not self.expects_key():
            self.place(event, _scalar(event))
            return
        top = self.stack[-1]
        pointer = join(top.pointer, event.value)
        if event.value in top.value:
            problem = self.refuse(event, "duplicate_key", f"The key {event.value[:80]!r} stands here twice.")
            self.problems.append(problem)
        top.key = event.value
        self.keys[pointer] = (event.start_mark.line + 1, event.start_mark.column + 1)

    def expects_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None

    def place(self, event, value) -> None:
        pointer = self.pointer()
        self.values[pointer] = (event.start_mark.line + 1, event.start_mark.column + 1)
        if not self.stack:
            self.root = value
            return
        top = self.stack[-1]
        if isinstance(top.value, list):
            top.value.append(value)
        else:
            top.value[top.key] = value
            top.key = None


def _scalar(event):
    text = event.value
    if not event.implicit[0] or event.tag in _STRINGS:
        return text
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and any(char in text for char in ".eE"):
        return float(text)
    return text
