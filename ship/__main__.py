"""`make ship`: this project goes through Release Gate, from its source to production. Exit code 1 on any surprise."""

import argparse
import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path

from releasegate.demo.client import ApiError, Client
from ship import archive, demo, desk, handing, journey, reports
from ship.telling import Relgate, Surprise, Teller, expect


def main() -> int:
    parser = argparse.ArgumentParser(prog="ship", description=__doc__)
    parser.add_argument(
        "--demo-json", help="a file with what a running `manage.py demo --json` printed (- for stdin)"
    )
    parser.add_argument(
        "--reports", type=Path, help="a folder with junit*.xml and coverage.xml, such as build/"
    )
    args = parser.parse_args()
    given = contextlib.nullcontext(demo.running(args.demo_json)) if args.demo_json else demo.of_our_own()
    teller = Teller()
    try:
        with tempfile.TemporaryDirectory(prefix="release-gate-ship-") as folder:
            tell(teller, given, args.reports, Path(folder))
    except (Surprise, ApiError, OSError, subprocess.SubprocessError) as error:
        print(f"\nSurprise in step {teller.step}: {error}", file=sys.stderr)
        return 1
    return 0


def tell(teller: Teller, given, last_run: Path | None, folder: Path) -> None:
    """All of it, in order."""
    shipped = pack(teller)
    teller.begin("Our own tests, for evidence")
    found = reports.of_last_run(last_run) if last_run else reports.of_subset(folder)
    teller.say(f"Reports: {', '.join(map(str, [*found.junit, found.coverage]))}")
    teller.begin("A desk to hand it to")
    with given as said:
        teller.say(f"{said['url']}, with a sandbox AWS at {said['aws']['endpoint_url']}")
        ship(teller, said, shipped, found, folder)


def pack(teller: Teller) -> archive.Shipment:
    teller.begin("Our own source, packed")
    shipped, again = archive.shipment(), archive.shipment()
    expect("packing twice", shipped, again)
    if archive.git(archive.ROOT, "status", "--porcelain").strip():
        teller.say("There are changes that are not committed: they are not shipped.")
    teller.say(f"Release Gate {shipped.version}, commit {shipped.commit}; packed twice, the same bytes:")
    for name, kind, _, data in shipped.artifacts:
        teller.say(f"{name} ({kind}): {len(data)} bytes, {archive.digest(data)}")
    return shipped


def ship(teller: Teller, said: dict, shipped: archive.Shipment, found: reports.Reports, folder: Path) -> None:
    teller.begin("The desk learns of us (once, by an administrator)")
    said["ci"] = desk.set_up(teller, said)
    relgate = Relgate(teller, said["url"], said["ci"], archive.ROOT)
    teller.begin("The CI puts the artifacts where they will lie")
    flags = handing.put(teller, said, shipped, folder)
    teller.begin("The CI hands the build over")
    build = handing.record(teller, relgate, shipped, flags)
    teller.begin("… and what is known about it")
    handing.add(teller, relgate, build, found)
    teller.begin("The desk reads the artifacts again")
    handing.wait_until_verified(teller, Client(said["url"], said["ci"]), build)
    rows = []
    for environment in desk.STAGES:
        teller.begin(f"To {environment}")
        rows.append(journey.bring(teller, relgate, said, shipped.version, environment))
    teller.begin("What runs where")
    journey.look(teller, relgate, shipped.version)
    teller.begin("The proof, taken away and checked without the server")
    journey.prove(teller, relgate, said, rows, folder)
    print(f"\nRelease Gate {shipped.version} runs in {', '.join(desk.STAGES)}, and the log says who let it.")


if __name__ == "__main__":
    sys.exit(main())
