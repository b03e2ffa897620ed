"""Two long-lived operating system processes that do something at the same moment, round after round."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Racers:
    """`race(first, second)`: each a call of racer.py with its arguments; the answer of each, in their order."""

    def __init__(self, database_url: str, folder: Path):
        line = folder / "line"
        line.write_bytes(bytes(16))
        self.log = folder / "racers.log"
        self.rounds = self.overlapping = 0
        self.children = []
        with self.log.open("ab") as err:
            for number in (0, 1):
                command = [sys.executable, "-m", "tests.deployments.racer", str(number), str(line)]
                env = os.environ | {"DATABASE_URL": database_url}
                pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": err}
                self.children.append(subprocess.Popen(command, cwd=ROOT, env=env, text=True, **pipes))
        for child in self.children:
            assert child.stdout.readline() == "ready\n", self.log.read_text()[-3000:]

    def race(self, *calls: tuple) -> list:
        self.rounds += 1
        for child, (call, *arguments) in zip(self.children, calls, strict=True):
            child.stdin.write(json.dumps({"call": call, "arguments": arguments, "round": self.rounds}) + "\n")
            child.stdin.flush()
        lines = [child.stdout.readline() for child in self.children]
        assert all(lines), self.log.read_text()[-3000:]
        one, two = (json.loads(text) for text in lines)
        self.overlapping += one["began"] < two["ended"] and two["began"] < one["ended"]
        return [one["answer"], two["answer"]]

    def stop(self) -> None:
        for child in self.children:
            child.kill()
            child.wait(10)
            child.stdin.close()
            child.stdout.close()
