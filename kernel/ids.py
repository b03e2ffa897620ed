"""Object ids: a prefix and 26 characters that sort by time (the ULID layout, Crockford base 32)."""

import secrets
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PREFIXES = frozenset(
    [
        "bld",
        "art",
        "rel",
        "dep",
        "stp",
        "int",
        "apr",
        "vot",
        "evd",
        "evt",
        "win",
        "frz",
        "hld",
        "chg",
        "exp",
        "acc",
        "env",
        "tok",
        "per",
        "grp",
        "rpt",
        "ath",
        "tst",
        "rev",
        "dlg",
    ]
)


def new_id(prefix: str, *, at: float | None = None) -> str:
    """`<prefix>_<48 bits of milliseconds><80 random bits>`; unguessable enough not to leak counts."""
    if prefix not in PREFIXES:
        raise ValueError(f"unknown id prefix {prefix!r}")
    number = (int((time.time() if at is None else at) * 1000) << 80) | secrets.randbits(80)
    return f"{prefix}_" + "".join(ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def _factory(prefix: str):
    def make() -> str:
        return new_id(prefix)

    make.__name__ = make.__qualname__ = f"new_{prefix}"
    return make


# Named functions, because Django migrations refer to a field's default by its name.
new_bld, new_art, new_rel, new_dep = map(_factory, ("bld", "art", "rel", "dep"))
new_stp, new_int, new_apr, new_vot = map(_factory, ("stp", "int", "apr", "vot"))
new_evd, new_evt, new_win, new_frz = map(_factory, ("evd", "evt", "win", "frz"))
new_acc, new_env, new_tok, new_per = map(_factory, ("acc", "env", "tok", "per"))
new_exp, new_chg, new_tst, new_rev, new_dlg = map(_factory, ("exp", "chg", "tst", "rev", "dlg"))
