#!/usr/bin/env python3
"""How what a request costs grows with its size, and with what the gateway holds: flat or linear, or it fails.

What is pure is counted in instructions (callgrind); routes and connections are measured at the running gateway in CPU time.
Draws docs/growth.svg and writes the fits into docs/PERFORMANCE.md; BENCH=quick only prints them.
"""

import datetime
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import bench
from world import ROOT, World, build

sys.path.insert(0, str(ROOT / "benches"))
import instructions

QUICK = os.environ.get("BENCH") == "quick"
# The last step may cost so many times the average step: what grows with the square would cost 1.75 times with four equal
# steps, with n log n 1.1 times. Time on a processor is less exact than a count.
BEND = {"instructions": 1.3, "µs": 2.0}
# What changes by less than this share over the whole range is flat.
FLAT = {"instructions": 0.05, "µs": 0.25}


@dataclass
class Series:
    name: str
    unit: str
    kind: str
    points: list

    def fit(self):
        """Intercept, slope, and how much the last step costs beside the average step."""
        sizes, costs = zip(*self.points)
        slope, start = statistics.linear_regression(sizes, costs)
        (first, low), (before, almost), (last, high) = self.points[0], self.points[-2], self.points[-1]
        average = (high - low) / (last - first)
        bend = (high - almost) / (last - before) / average if average > 0 else 0.0
        return start, slope, bend

    def verdict(self):
        costs = [cost for _, cost in self.points]
        if max(costs) - costs[0] <= FLAT[self.kind] * costs[0]:
            return "flat"
        return "linear" if self.fit()[2] <= BEND[self.kind] else "**grows faster**"


def main():
    begun = datetime.datetime.now(datetime.UTC)
    programs = build(pingora=False)
    series = counted() + running(programs)
    lines = [bench.occasion("make bench-growth", begun), ""]
    lines += ["| What grows | Cost | of the largest | fit | last step ÷ average step | |", "| --- | --- | ---: | --- | ---: | --- |"]
    for one in series:
        start, slope, bend = one.fit()
        size, cost = one.points[-1]
        fit = f"{start:,.0f} + {slope:,.3g} n"
        lines.append(f"| {one.unit} | {one.kind} | {cost:,.0f} at {size:,} | {fit} | {bend:.2f} | {one.verdict()} |")
    report = "\n".join(lines)
    print(report)
    if not QUICK:
        draw(series, ROOT / "docs" / "growth.svg")
        bench.write(f"{report}\n\n![Cost by size](growth.svg)", "make bench-growth")
    if any(one.verdict().startswith("*") for one in series):
        sys.exit("what grows faster than its size is a fault")


def counted():
    binary, _, _ = instructions.build()
    listed = subprocess.run([binary, "growth"], check=True, capture_output=True, text=True).stdout.splitlines()
    found = []
    for line in listed:
        name, sizes, unit = line.split("\t")
        count = lambda size: instructions.callgrind([binary, "growth", name, size], name, "/dev/null")
        found.append(Series(name, unit, "instructions", [(int(size), count(size)) for size in sizes.split(",")]))
        print(name, found[-1].points, file=sys.stderr)
    return found


def running(programs):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        bench.write_bodies(folder)
        world = World(programs, folder)
        try:
            return [routes(world), connections(world)]
        finally:
            world.stop()


def routes(world):
    """PUT through the last of so many routes, each with a target of its own."""
    gateways = {}
    for number in (5, 100, 1000) if QUICK else (5, 250, 500, 750, 1000):
        more = "".join(
            f'[targets.more{one}]\nadapter = "scim"\nbase_url = "http://{world.upstream}/scim/v2"\n'
            'auth = { scheme = "none" }\ndiscovery = "off"\n'
            for one in range(number - 5)
        )
        gateways[number] = world.scimux(f"scimux-routes-{number}", more=more)
    points = taking_turns(world, gateways)
    return Series("routes", "routes of the gateway, PUT", "µs", points)


def connections(world):
    """PUT over 64 connections beside so many idle ones."""
    gateways, held, body = {}, [], ["--body", world.folder / "user.json"]
    try:
        for number in (0, 2000, 8000) if QUICK else (0, 2500, 5000, 7500, 10_000):
            gateways[number] = world.scimux(f"scimux-connections-{number}")
            if number:
                command = world.load_command(gateways[number][1], bench.PUT, ["--connections", number, "--idle", *body])
                held.append(subprocess.Popen(command, stdout=subprocess.PIPE))
                held[-1].stdout.readline()
        points = taking_turns(world, gateways)
        for number, (process, _) in gateways.items():
            assert process.open_files() > number, "the connections are not idle, but closed"
        return Series("connections", "idle connections beside 64 busy ones, PUT", "µs", points)
    finally:
        for one in held:
            one.kill()
            one.wait()


def taking_turns(world, gateways):
    """The median CPU time of a PUT at each size."""
    costs = {size: [] for size in gateways}
    wanted = ["--connections", 64, "--warm", 0.3, "--seconds", 0.7 if QUICK else 2, "--body", world.folder / "user.json"]
    for _ in range(1 if QUICK else 5):
        for size, (process, address) in gateways.items():
            costs[size].append(world.load(process, address, bench.PUT, *wanted)["cpu"])
    return [(size, statistics.median(values)) for size, values in costs.items()]


WIDTH, HEIGHT, MARGIN, COLUMNS = 340, 220, 44, 3


def draw(series, path):
    rows = -(-len(series) // COLUMNS)
    charts = "".join(chart(one, index % COLUMNS * WIDTH, index // COLUMNS * HEIGHT) for index, one in enumerate(series))
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {COLUMNS * WIDTH} {rows * HEIGHT}" font-family="sans-serif" '
        f'font-size="10"><rect width="100%" height="100%" fill="#fff"/>{charts}</svg>\n'
    )


def chart(one, left, top):
    """One series: its points, and the line fitted to them."""
    size, cost = max(size for size, _ in one.points), max(cost for _, cost in one.points)
    x = lambda value: MARGIN + value / size * (WIDTH - MARGIN - 20)
    y = lambda value: HEIGHT - MARGIN - value / cost * (HEIGHT - 2 * MARGIN)
    start, slope, _ = one.fit()
    points = "".join(f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3" fill="#0b62a4"/>' for a, b in one.points)
    text = lambda at, height, words, anchor="start": f'<text x="{at}" y="{height}" text-anchor="{anchor}">{words}</text>'
    return (
        f'<g transform="translate({left},{top})">'
        f'<path d="M{MARGIN} {MARGIN}V{HEIGHT - MARGIN}H{WIDTH - 20}" fill="none" stroke="#888"/>'
        f'<path d="M{x(0):.1f} {y(start):.1f}L{x(size):.1f} {y(start + slope * size):.1f}" stroke="#d95f02"/>{points}'
        + text(MARGIN, 18, one.unit)
        + text(MARGIN, 32, f"{short(cost)} {one.kind} at {size:,}: {one.verdict().strip('*')}")
        + text(WIDTH - 20, HEIGHT - MARGIN + 14, f"{size:,}", "end")
        + text(MARGIN, HEIGHT - MARGIN + 14, "0")
        + "</g>"
    )


def short(number):
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= unit:
            return f"{number / unit:.3g} {name}"
    return f"{number:.3g}"


if __name__ == "__main__":
    main()
