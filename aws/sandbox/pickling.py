"""Accounts turned into bytes and back: moto's backends with everything in them that pickle cannot keep.

Locks are made anew, bodies of objects go to files named by digest, and references from one backend to
another are kept as names, so that each backend is a piece of its own. moto's own __getstate__ of S3 objects
drops their history, hence attributes are taken as they are.
"""

import hashlib
import importlib
import io
import marshal
import os
import pickle
import sys
import tempfile
import threading
import types
import weakref
from collections import defaultdict
from pathlib import Path
from typing import Any

from moto.core.base_backend import AccountSpecificBackend, BackendDict, BaseBackend
from moto.s3.models import FakeKey

_LOCK, _RLOCK = type(threading.Lock()), type(threading.RLock())
_INLINE_BYTES = 4096
_IN_MEMORY_BYTES = 16 * 1024 * 1024


class Blobs:
    """Bodies by digest, one file each, written once."""

    def __init__(self, directory: Path):
        self._directory = directory
        self._known: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
        directory.mkdir(parents=True, exist_ok=True)

    def put(self, body: Any) -> tuple[str, bytes]:
        """("", the bytes) of a small spooled file, or (digest, b"") once its bytes lie in a file."""
        if body in self._known:
            return self._known[body], b""
        place = body.tell()
        body.seek(0)
        data = body.read()
        body.seek(place)
        if len(data) <= _INLINE_BYTES:
            return "", data
        digest = hashlib.sha256(data).hexdigest()
        target = self._directory / digest
        if not target.exists():
            fresh = target.with_suffix(f".{os.getpid()}")
            with fresh.open("wb") as sink:
                sink.write(data)
                sink.flush()
                os.fsync(sink.fileno())
            fresh.replace(target)
        self._known[body] = digest
        return digest, b""

    def get(self, digest: str, data: bytes) -> Any:
        """The spooled file again."""
        body = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115  its object closes it
        body.write((self._directory / digest).read_bytes() if digest else data)
        body.seek(0)
        if digest:
            self._known[body] = digest
        return body


def _weak_values(items: dict[Any, Any]) -> Any:
    return weakref.WeakValueDictionary(items)


def _bare(kind: Any) -> Any:
    """An object of a class without its constructor, to be filled by _fill."""
    return kind.__new__(kind)


def _fill(made: Any, state: tuple[dict[str, Any], Any, dict[Any, Any]]) -> None:
    """Put attributes, default factory and items back past any method of the class that would interfere."""
    attributes, factory, items = state
    made.__dict__.update(attributes)
    if isinstance(made, defaultdict):
        made.default_factory = factory
    if isinstance(made, dict):
        dict.update(made, items)


def _function(module: str, code: bytes) -> Any:
    importlib.import_module(module)
    return types.FunctionType(marshal.loads(code), sys.modules[module].__dict__)


def backends_of(module: str, name: str) -> Any:
    """moto's backends of one class: accounts, then regions."""
    loaded = importlib.import_module(module)
    for value in vars(loaded).values():
        if isinstance(value, BackendDict) and value.backend.__name__ == name:
            return value
    raise pickle.UnpicklingError(f"{module} has no backends of {name}")


class _Pickler(pickle.Pickler):
    def __init__(self, sink: Any, blobs: Blobs):
        super().__init__(sink, protocol=5)
        self._blobs = blobs

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, BaseBackend):
            return "backend", type(obj).__module__, type(obj).__name__, obj.account_id, obj.region_name
        if isinstance(obj, BackendDict):
            return "dict", obj.backend.__module__, obj.backend.__name__
        if isinstance(obj, AccountSpecificBackend):
            return "account", obj.backend.__module__, obj.backend.__name__, obj.account_id
        if isinstance(obj, tempfile.SpooledTemporaryFile):
            return "body", *self._blobs.put(obj)
        return None

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, _LOCK):
            return threading.Lock, ()
        if isinstance(obj, _RLOCK):
            return threading.RLock, ()
        if isinstance(obj, weakref.WeakValueDictionary):
            return _weak_values, (dict(obj),)
        if isinstance(obj, FakeKey) or (isinstance(obj, dict) and hasattr(obj, "__dict__")):
            items = dict(dict.items(obj)) if isinstance(obj, dict) else {}
            state = (obj.__dict__, getattr(obj, "default_factory", None), items)
            return _bare, (type(obj),), state, None, None, _fill
        if isinstance(obj, types.FunctionType) and "<" in obj.__qualname__ and not obj.__closure__:
            return _function, (obj.__module__, marshal.dumps(obj.__code__))
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def __init__(self, source: Any, blobs: Blobs):
        super().__init__(source)
        self._blobs = blobs

    def persistent_load(self, pid: Any) -> Any:
        kind, *rest = pid
        if kind == "body":
            return self._blobs.get(*rest)
        backends = backends_of(rest[0], rest[1])
        if kind == "dict":
            return backends
        return backends[rest[2]] if kind == "account" else backends[rest[2]][rest[3]]


def dump(content: Any, blobs: Blobs) -> bytes:
    """The content as bytes; backends that it refers to are kept by name."""
    sink = io.BytesIO()
    _Pickler(sink, blobs).dump(content)
    return sink.getvalue()


def load(data: bytes, blobs: Blobs) -> Any:
    """What dump was given. Only ever called on files of our own data directory."""
    return _Unpickler(io.BytesIO(data), blobs).load()


def into_backend(backend: Any, content: dict[str, Any]) -> None:
    """Put a backend's kept attributes back, in place where a dict of the fresh backend has a factory."""
    for name, value in content.items():
        fresh = getattr(backend, name, None)
        if type(fresh) is defaultdict and type(value) is dict:
            fresh.clear()
            fresh.update(value)
        else:
            setattr(backend, name, value)
