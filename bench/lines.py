"""A figure and its floor as one JSON line."""

import json
import os
import statistics
from collections.abc import Sequence

Pair = tuple[float, float]  # (the product's figure, the floor's) of one round


def line(
    name: str, pairs: Sequence[Pair], *, unit: str, n: int, aim: float | None, limited_by: str = "", **more
) -> dict:
    """Figures where more is better: the ratio is the product's over the floor's, the median of the rounds'."""
    ratios = sorted(value / floor for value, floor in pairs)
    ratio = statistics.median(ratios)
    return _line(name, pairs, ratio, ratios, unit, n, aim, aim is None or ratio >= aim, limited_by, more)


def slow_line(
    name: str, pairs: Sequence[Pair], *, unit: str, n: int, aim: float | None, limited_by: str = "", **more
) -> dict:
    """Figures where less is better (times): the ratio of the medians, and how often the floor's it takes."""
    values, floors = zip(*pairs, strict=True)
    ratio = statistics.median(values) / statistics.median(floors)
    ratios = sorted(value / floor for value, floor in pairs)
    return _line(name, pairs, ratio, ratios, unit, n, aim, aim is None or ratio <= aim, limited_by, more)


def _line(name, pairs, ratio, ratios, unit, n, aim, ok, limited_by, more) -> dict:
    values, floors = zip(*pairs, strict=True)
    said = {
        "name": name,
        "value": _short(statistics.median(values)),
        "unit": unit,
        "floor": _short(statistics.median(floors)),
        "ratio": _short(ratio),
        "spread": [_short(quantile(ratios, 0.25)), _short(quantile(ratios, 0.75))],
        "aim": aim,
        "ok": ok,
        "n": n,
        "rounds": len(pairs),
        **more,
        "load": _short(os.getloadavg()[0]),
    }
    return said if ok or not limited_by else {**said, "limited_by": limited_by}


def quantile(ordered: Sequence[float], part: float) -> float:
    """The value below which `part` of the ordered ones lie; the nearest, nothing in between."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _short(number: float) -> float:
    return float(f"{number:.4g}")


def say(found: dict) -> None:
    print(json.dumps(found), flush=True)
