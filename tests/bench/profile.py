#!/usr/bin/env python3
"""The functions of scimux by instructions per request: profile.py [put | get | list | patch] [REQUESTS]

The gateway of the bench profile (symbols, no LTO) runs under callgrind over the fixed upstream; what is set up for the first
requests is not counted. `callgrind_annotate --inclusive=yes FILE` shows more of the file it names.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import bench
from world import World, build, cargo, ROOT

ASKED = {
    "put": (bench.PUT, "user"),
    "get": ((f"GET {bench.user('scim')}",), "user"),
    "list": (bench.pages(100), "user"),
    "patch": ((f"PATCH {bench.user('pingone')}",), "simple"),
}
SHOWN = 45


def main(what="put", number=None):
    requests, body = ASKED[what]
    number = int(number or (50 if what == "list" else 1000))
    programs = build(pingora=False, scimux=False) | cargo(ROOT, ["--bin", "scimux"], profile="bench")
    out = pathlib.Path(tempfile.gettempdir(), f"scimux-{what}.callgrind")
    with tempfile.TemporaryDirectory() as folder:
        bench.write_bodies(pathlib.Path(folder))
        world = World(programs, pathlib.Path(folder))
        try:
            count(world, requests, body, number, out)
        finally:
            world.stop()
    show(out, what, number)


def count(world, requests, body, number, out):
    config, address = world.scimux_config("scimux")
    options = ["--tool=callgrind", "--instr-atstart=no", "--separate-threads=no", f"--callgrind-out-file={out}"]
    command = ["valgrind", *options, world.programs["scimux"], "serve", "--config", config]
    process = world.start(command, "scimux", address, None)
    sent = ["--connections", 1, "--body", world.folder / f"{body}.json"]
    world.load(None, address, requests, *sent, "--each", 20)
    control = ["callgrind_control", "--instr=on", str(process.process.pid)]
    subprocess.run(control, check=True, stdout=subprocess.DEVNULL)
    world.load(None, address, requests, *sent, "--each", number)
    control[1] = "--instr=off"
    subprocess.run(control, check=True, stdout=subprocess.DEVNULL)


def show(out, what, number):
    text = subprocess.run(["callgrind_annotate", "--threshold=100", out], check=True, capture_output=True, text=True).stdout
    rows = re.findall(r"^\s*([\d,]+) \(([ \d.]+)%\)\s+(.*)$", text, re.M)
    print(f"{what}: instructions per request, {number} requests; {out}")
    for instructions, share, name in rows[: SHOWN + 1]:
        print(f"{int(instructions.replace(',', '')) // number:>10,} {share:>6}% {short(name)}")


def short(name):
    name = re.sub(r" \[.*\]$", "", name).split(":", 1)[-1]
    return name[:150]


if __name__ == "__main__":
    main(*sys.argv[1:])
