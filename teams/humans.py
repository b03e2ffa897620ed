"""Which accounts are one human: those joined by a verified e-mail address or by the same passkey. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

EMAIL = "email"


@dataclass(frozen=True)
class Humans:
    """`one`: {account: the account that stands for its human}; `addresses`: {that account: all its e-mails}."""

    one: dict[str, str]
    addresses: dict[str, frozenset[str]]

    @property
    def known(self) -> frozenset[str]:
        """Every address of everybody."""
        return frozenset().union(*self.addresses.values())

    def of(self, account: str) -> str:
        return self.one.get(account, account)

    def emails(self, account: str) -> frozenset[str]:
        return self.addresses.get(self.of(account), frozenset())

    def twins(self, account: str) -> frozenset[str]:
        """The other accounts of the same human."""
        mine = self.of(account)
        return frozenset(other for other, one in self.one.items() if one == mine and other != account)


def joined(marks: Iterable[tuple[str, str, str]]) -> Humans:
    """`marks`: (kind, account, value) of something only one human has. Accounts that share one are one human, also
    over a third; the smallest id of them stands for all."""
    marks = [
        (kind, account, value.strip().casefold() if kind == EMAIL else value)
        for kind, account, value in marks
    ]
    root = {account: account for _, account, _ in marks}

    def find(account: str) -> str:
        while root[account] != account:
            account = root[account]
        return account

    first: dict[tuple[str, str], str] = {}
    for kind, account, value in marks:
        one, other = find(account), find(first.setdefault((kind, value), account))
        root[max(one, other)] = min(one, other)
    addresses: dict[str, set] = {}
    for kind, account, value in marks:
        if kind == EMAIL:
            addresses.setdefault(find(account), set()).add(value)
    return Humans({a: find(a) for a in root}, {a: frozenset(found) for a, found in addresses.items()})
