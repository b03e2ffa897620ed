"""The keeper: writes what an account holds after each mutation, and restores all accounts at the start."""

import logging
import threading
from pathlib import Path
from typing import Any

from moto.core.base_backend import BackendDict

from aws.sandbox import pickling
from aws.sandbox.cloudformation.service import CloudFormation
from aws.sandbox.codebuild.service import CodeBuild
from aws.sandbox.journal import Journal, Key

log = logging.getLogger(__name__)


class Keeper:
    """Keeps the accounts of one sandbox in `data_dir`; without one it does nothing."""

    def __init__(self, data_dir: Path | None, stacks: CloudFormation, builds: CodeBuild):
        self._stacks, self._builds = stacks, builds
        self._lock = threading.Lock()
        self._unkept: set[str] = set()
        self._journal = Journal(data_dir) if data_dir else None
        self._blobs = pickling.Blobs(data_dir / "blobs") if data_dir else None

    def keep(self, account: str, service: str = "") -> None:
        """Write the account's states that changed, as one record. The caller holds the account."""
        if self._journal is None:
            return
        with self._lock:
            self._journal.append(self._states(account))

    def _states(self, account: str) -> dict[Key, bytes]:
        states = dict(self._moto_states(account))
        for (owner, region), book in list(self._stacks.books.items()):
            if owner == account:
                states[("stacks", account, region)] = pickling.dump(book, self._blobs)
        for here in {*self._builds.projects, *self._builds.builds}:
            if here[0] == account:
                content = (self._builds.projects[here], self._builds.builds[here])
                states[("builds", *here)] = pickling.dump(content, self._blobs)
        return states

    def _moto_states(self, account: str) -> Any:
        for backends in list(BackendDict._instances):
            if account not in dict.keys(backends):
                continue
            for region, backend in list(backends[account].items()):
                key = ("moto", backends.backend.__module__, backends.backend.__name__, account, region)
                try:
                    yield key, pickling.dump(backend.__dict__, self._blobs)
                except Exception as exc:  # noqa: BLE001  the other services are still kept
                    if key[1] not in self._unkept:
                        self._unkept.add(key[1])
                        log.warning("The sandbox cannot keep %s across restarts: %s", key[1], exc)

    def restore(self) -> int:
        """Put all kept accounts back; returns how many states there were. Raises JournalForeign."""
        if self._journal is None:
            return 0
        states = self._journal.load()
        for key, data in states.items():
            content = pickling.load(data, self._blobs)
            if key[0] == "moto":
                self._restore_moto(key, content)
            elif key[0] == "stacks":
                self._stacks.books[(key[1], key[2])] = content
            else:
                self._builds.projects[(key[1], key[2])], self._builds.builds[(key[1], key[2])] = content
        return len(states)

    def _restore_moto(self, key: Key, content: dict[str, Any]) -> None:
        _, module, name, account, region = key
        backends = pickling.backends_of(module, name)
        pickling.into_backend(backends[account][region], content)
        if name == "S3Backend":
            for bucket in content["buckets"]:
                backends.bucket_accounts[bucket] = (region, account)

    def close(self) -> None:
        """Close the journal."""
        with self._lock:
            if self._journal is not None:
                self._journal.close()
