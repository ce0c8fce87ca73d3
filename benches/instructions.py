#!/usr/bin/env python3
"""Counts the instructions of each pure path under callgrind, and compares them with instructions.tsv.

    instructions.py            compare; a path that grew by more than 5 % fails
    instructions.py --commit   write instructions.tsv anew
    instructions.py --profile PATH   the functions of one path, by instructions
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
COMMITTED = HERE / "instructions.tsv"
GROWTH = 0.05
HEAD = "# Instructions per path, counted by `make instructions-commit` (valgrind --tool=callgrind); see docs/PERFORMANCE.md.\n"


def build():
    arguments = ["cargo", "build", "--profile", "bench", "--locked", "-p", "scimux-benches", "--bin", "scimux-benches"]
    done = subprocess.run([*arguments, "--message-format", "json"], cwd=HERE, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(done.returncode)
    binary = re.findall(r'"executable":"([^"]+/scimux-benches)"', done.stdout)[-1]
    times, *names = subprocess.run([binary], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return binary, int(times), names


def callgrind(command, name, out):
    options = ["--tool=callgrind", "--toggle-collect=*counted*", f"--callgrind-out-file={out}"]
    run = subprocess.run([valgrind(), *options, *command], env={}, stderr=subprocess.PIPE, text=True)
    if run.returncode != 0:
        sys.exit(f"{name}: {run.stderr}")
    return int(re.search(r"Collected : (\d+)", run.stderr)[1])


def valgrind():
    return shutil.which("valgrind") or sys.exit("valgrind is needed: apt-get install valgrind")


def count():
    binary, times, names = build()
    with tempfile.TemporaryDirectory() as folder:
        return {name: callgrind([binary, name], name, f"{folder}/out") // times for name in names}


def compare(counted):
    lines = [line.split("\t") for line in COMMITTED.read_text().splitlines() if not line.startswith("#")]
    committed = {name: int(number) for name, number in lines}
    wrong = []
    for name, now in counted.items():
        was = committed.get(name)
        grown = (now - was) / was if was else 0
        print(f"{name:<20} {now:>12,} {'' if was is None else f'{was:>12,} {grown:+.1%}'}")
        if was is None:
            wrong.append(f"{name} has no committed figure")
        elif grown > GROWTH:
            wrong.append(f"{name} grew by {grown:.1%}")
    if any(now < committed.get(name, 0) * (1 - GROWTH) for name, now in counted.items()):
        print("Some paths cost less than is committed: make instructions-commit holds what was won.")
    wrong += [f"{name} is committed, but is no path" for name in committed.keys() - counted.keys()]
    if wrong:
        sys.exit("\n".join(wrong) + "\nIf that is meant, commit the new figures: make instructions-commit")


def profile(name):
    binary, times, _ = build()
    with tempfile.NamedTemporaryFile() as out:
        callgrind([binary, name], name, out.name)
        print(f"{times} times:")
        subprocess.run(["callgrind_annotate", "--auto=no", out.name], check=True)


def main(arguments):
    match arguments:
        case []:
            compare(count())
        case ["--commit"]:
            counted = count()
            COMMITTED.write_text(HEAD + "".join(f"{name}\t{number}\n" for name, number in counted.items()))
            print(COMMITTED.read_text(), end="")
        case ["--profile", name]:
            profile(name)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
