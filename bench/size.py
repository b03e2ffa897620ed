"""How much is measured: enough for a figure, or just enough to see that a bench runs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    rounds: int  # of subject and floor in turn
    seconds: float  # of one side of a round
    samples: int  # single measurements, where a round is one
    votes: int  # of each writer in a round
    rows: int  # of the deployment history
    applications: int  # on the board


FULL = Size(rounds=9, seconds=2.0, samples=25, votes=16, rows=300_000, applications=300)
QUICK = Size(rounds=1, seconds=0.2, samples=2, votes=2, rows=2_000, applications=3)
