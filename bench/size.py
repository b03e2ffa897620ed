"""How much is measured: enough for a figure, or just enough to see that a bench runs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    rounds: int  # of subject and floor in turn
    seconds: float  # of one side of a round
    warm_up: int  # single measurements that are not counted
    samples: int  # single measurements, where a round is one
    writers: int
    votes: int  # of each writer in a round
    rows: int  # of the deployment history
    requests: int  # open at once


FULL = Size(rounds=9, seconds=2.0, warm_up=3, samples=25, writers=8, votes=16, rows=300_000, requests=10_000)
QUICK = Size(rounds=1, seconds=0.2, warm_up=0, samples=1, writers=2, votes=2, rows=2_000, requests=20)
