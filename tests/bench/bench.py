#!/usr/bin/env python3
"""scimux beside nginx, haproxy and Pingora on loopback; BENCH=quick only tries everything out.

The proxy has one core, the load and the upstream have the other. Proxies take turns within each round, so that what else
the machine does strikes all; figures are medians over rounds, ratios to nginx medians of each round's ratio. Writes the
results of docs/PERFORMANCE.md, and fails where a request was not answered well.
"""

import datetime
import http.client
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from world import DATA, ID, ROOT, World, build, install

QUICK = os.environ.get("BENCH") == "quick"
ROUNDS, WARM, SECONDS = (1, 0.3, 0.7) if QUICK else (5, 0.5, 2.0)
ALL = ("scimux", "nginx", "haproxy", "Pingora")
TWO = ("scimux", "nginx")
PATCH_URN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
# One attribute, a part, an element by its type, and a value without a path: what identity providers send.
CHANGE = {"schemas": [PATCH_URN], "Operations": [
    {"op": "Replace", "path": "title", "value": "Senior Tour Guide"},
    {"op": "Replace", "path": "name.givenName", "value": "Barb"},
    {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "barb.jensen@example.com"},
    {"op": "Add", "value": {"active": True, "locale": "en-GB"}},
]}
SIMPLE = {"schemas": [PATCH_URN], "Operations": [
    {"op": "Replace", "path": "name", "value": {"givenName": "Barb", "familyName": "Jensen"}},
    {"op": "Add", "value": {"title": "Senior Tour Guide", "active": True}},
]}


@dataclass
class Case:
    title: str
    asked: tuple
    proxies: tuple = TWO
    body: str = "user"
    connections: int = 64
    rate: int = 2000
    tls: bool = False
    streams: int = 0
    forwarded: tuple = ()

    def requests(self, proxy):
        """What a proxy that only forwards is asked: as many requests as scimux sends to the vendor."""
        return self.forwarded if proxy != "scimux" and self.forwarded else self.asked

    def options(self, folder):
        streams = ["--streams", self.streams] if self.streams else []
        tls = ["--tls"] if self.tls else []
        return ["--connections", self.connections, "--body", folder / f"{self.body}.json", *streams, *tls]


def user(adapter):
    return f"/{adapter}/scim/v2/Users/{ID}"


def two_calls(adapter):
    return (f"GET {user(adapter)}", f"PUT {user(adapter)}")


PUT = (f"PUT {user('scim')}",)


def pages(number):
    """A list of so many, 200 a page: the most that one answer of scimux holds."""
    path, count = "/scim/scim/v2/Users", min(number, 200)
    return tuple(f"GET {path}?startIndex={start}&count={count}" for start in range(1, number + 1, count))


CASES = [
    Case("PUT, plain", PUT, ALL),
    Case("PUT, PingOne", (f"PUT {user('pingone')}",)),
    Case("PUT, Huawei", (f"PUT {user('huawei')}",)),
    Case("PUT, RSA", (f"PUT {user('rsa')}",)),
    Case("PUT, Veeva: read, PUT", (f"PUT {user('veeva')}",), forwarded=two_calls("veeva")),
    Case("PATCH, PingOne: lowered", (f"PATCH {user('pingone')}",), body="simple"),
    Case("PATCH, Veeva: read, apply, PUT", (f"PATCH {user('veeva')}",), body="change", forwarded=two_calls("veeva")),
    Case("GET by id", (f"GET {user('scim')}",), ALL),
    Case("list of 100", pages(100), ALL, connections=8, rate=300),
    Case("list of 1,000, 5 pages", pages(1000), ALL, connections=8, rate=30),
    Case("PUT, 1 connection", PUT, ALL, connections=1, rate=1000),
    Case("PUT, 256 connections", PUT, ALL, connections=256),
    Case("PUT, 2,000 connections", PUT, ALL, connections=2000),
    Case("PUT, TLS in", PUT, ALL, tls=True),
    Case("PUT, HTTP/2 in (TLS), 8 connections of 8 streams", PUT, ALL, connections=8, streams=8, tls=True),
]


def main():
    begun = datetime.datetime.now(datetime.UTC)
    install("nginx", "haproxy", "cmake")
    programs = build()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_bodies(folder)
        world = World(programs, folder)
        try:
            single = {"memory": memory(world), "cores": cores(world), "start": start(world)}
            world.start_proxies()
            measured = rounds(world)
            report = "\n".join([*heading(begun), *table(measured), *singles(single), *targets(measured, single)])
        finally:
            world.stop()
    print(report)
    if not QUICK:
        write(report)


def write_bodies(folder):
    bodies = {"user": json.loads((DATA / "user.json").read_text()), "change": CHANGE, "simple": SIMPLE}
    for name, body in bodies.items():
        (folder / f"{name}.json").write_text(json.dumps(body, separators=(",", ":")))


def rounds(world):
    """measured[case][proxy] is a list of what each round saw."""
    measured = {}
    for number in range(ROUNDS):
        for case in CASES:
            for proxy in case.proxies:
                seen = measure(world, case, proxy)
                measured.setdefault(case.title, {}).setdefault(proxy, []).append(seen)
                told = f"{seen['per_second']:,.0f}/s, {seen['cpu']:.1f} µs, p99 {seen['p99']:.0f} µs"
                print(f"round {number + 1}: {case.title}, {proxy}: {told}", file=sys.stderr)
    return measured


def measure(world, case, proxy):
    process, address = world.proxies[proxy][case.tls]
    options = ["--warm", WARM, "--seconds", SECONDS, *case.options(world.folder)]
    process.forget_peak()
    seen = world.load(process, address, case.requests(proxy), *options)
    seen["memory"] = process.memory("VmHWM")
    paced = world.load(None, address, case.requests(proxy), *options, "--rate", case.rate)
    return seen | {"p50": paced["p50"], "p99": paced["p99"]}


def memory(world):
    process, address = world.scimux("scimux-memory")
    options = ["--connections", 1, "--warm", 0]
    world.load(process, address, [f"GET {user('scim')}"], *options, "--each", 1)
    idle = process.memory("VmRSS")
    body = ["--body", world.folder / "user.json"]
    command = world.load_command(address, PUT, ["--connections", 2000, "--idle", *body])
    with subprocess.Popen(command, stdout=subprocess.PIPE) as held:
        held.stdout.readline()
        time.sleep(1)
        connected = process.memory("VmRSS")
        assert process.open_files() > 2000, "the connections are not idle, but closed"
        held.kill()
    lists = {}
    for number in (100, 1000, 10000):
        other, address = world.scimux(f"scimux-{number}")
        world.load(other, address, [f"GET {user('scim')}"], *options, "--each", 1)
        before = other.memory("VmRSS")
        world.load(other, address, pages(number), *options, "--each", 3)
        lists[number] = other.memory("VmHWM") - before
    return {"idle": idle, "connected": connected, "lists": lists}


def cores(world):
    """CPU per request with one worker on one core and with two workers on both, in turns."""
    options = ["--warm", WARM, "--seconds", SECONDS, "--connections", 64, "--body", world.folder / "user.json"]
    places = {"one": world.scimux("scimux-one"), "both": world.scimux("scimux-both", core="0,1")}
    costs = {name: [] for name in places}
    for _ in range(ROUNDS):
        for name, (process, address) in places.items():
            costs[name].append(world.load(process, address, PUT, *options)["cpu"])
    return {name: statistics.median(values) for name, values in costs.items()}


def start(world):
    """Milliseconds from the start of the process to the first answered request."""
    times = []
    for number in range(ROUNDS):
        config, address = world.scimux_config(f"scimux-start-{number}")
        begun = time.perf_counter()
        process = world.start([world.programs["scimux"], "serve", "--config", config], f"start-{number}", address, 1)
        path = f"http://{address}{user('scim')}"
        first_answer(address, user("scim"))
        times.append((time.perf_counter() - begun) * 1000)
        world.running.remove(process)
        process.stop()
    return statistics.median(times)


def first_answer(address, path):
    connection = http.client.HTTPConnection(address)
    connection.request("GET", path, headers={"Authorization": "Bearer bench-token"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()


def heading(begun):
    nginx = subprocess.run(["/usr/sbin/nginx", "-v"], capture_output=True, text=True).stderr.split("/")[-1].strip()
    haproxy = re.search(r"version (\S+)", first(["/usr/sbin/haproxy", "-v"]))[1]
    pingora = re.search(r'name = "pingora-core"\nversion = "(.*)"', (ROOT / "tests/bench/Cargo.lock").read_text())[1]
    many = f"{ROUNDS} round{'s' * (ROUNDS > 1)} of {SECONDS} s"
    return [occasion("make bench", begun), f"nginx {nginx}, haproxy {haproxy}, Pingora {pingora}. {many}.", ""]


def occasion(command, begun):
    """When, where and from what a report is."""
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())[1]
    commit = first(["git", "-C", str(ROOT), "log", "-1", "--format=%h"])
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"`{'BENCH=quick ' if QUICK else ''}{command}` on {begun:%Y-%m-%d %H:%M} UTC at {commit}: {os.cpu_count()} cores of "
        f"{model}, Linux {os.uname().release}, {first(['rustc', '--version'])}, load average at the end {load}."
    )


def first(command):
    return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0]


def middle(rows, key):
    return statistics.median(row[key] for row in rows)


def ratio(measured, case, proxy, key):
    """The median of each round's ratio to nginx."""
    pairs = zip(measured[case][proxy], measured[case]["nginx"])
    return statistics.median(one[key] / nginx[key] for one, nginx in pairs)


def table(measured):
    yield "| Case | Proxy | requests/s | × nginx | CPU µs/request | × nginx | rate/s | p50 µs | p99 µs | peak MB | × nginx |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for case in CASES:
        for proxy, rows in measured[case.title].items():
            times = {key: ratio(measured, case.title, proxy, key) for key in ("per_second", "cpu", "memory")}
            yield (
                f"| {case.title} | {proxy} | {middle(rows, 'per_second'):,.0f} | {times['per_second']:.2f} "
                f"| {middle(rows, 'cpu'):.1f} | {times['cpu']:.2f} | {case.rate:,} "
                f"| {middle(rows, 'p50'):.0f} | {middle(rows, 'p99'):.0f} | {middle(rows, 'memory'):.1f} | {times['memory']:.2f} |"
            )


def singles(single):
    memory, cores = single["memory"], single["cores"]
    yield from ["", "| scimux alone | |", "| --- | ---: |"]
    yield f"| memory, idle | {memory['idle']:.1f} MB |"
    yield f"| memory, 2,000 idle connections | {memory['connected']:.1f} MB |"
    for number, grown in memory["lists"].items():
        yield f"| list of {number:,} passing: peak above idle | {grown:.1f} MB |"
    yield f"| start to first answer | {single['start']:.0f} ms |"
    yield f"| CPU per PUT, one worker on one core / two workers on two | {cores['one']:.1f} / {cores['both']:.1f} µs |"


def targets(measured, single):
    """What was promised, and whether this run kept it."""
    def at(case, key, proxy="scimux"):
        return ratio(measured, case, proxy, key)

    def added(key):
        rows = measured["PUT, plain"]
        return middle(rows["scimux"], key) - middle(rows["nginx"], key)

    memory, cores = single["memory"], single["cores"]
    thousand = middle(measured["list of 1,000, 5 pages"]["scimux"], "cpu") / middle(measured["list of 100"]["scimux"], "cpu")
    promised = [
        ("PUT, plain: CPU ÷ nginx's", at("PUT, plain", "cpu"), "≤", 1.6),
        ("PUT, plain: CPU ÷ Pingora's", at("PUT, plain", "cpu") / at("PUT, plain", "cpu", "Pingora"), "<", 1.0),
        ("PUT, plain: requests/s ÷ nginx's", at("PUT, plain", "per_second"), "≥", 0.65),
        ("GET by id: requests/s ÷ nginx's", at("GET by id", "per_second"), "≥", 0.7),
        ("list of 100: CPU ÷ nginx's", at("list of 100", "cpu"), "≤", 3.0),
        ("list of 1,000: CPU ÷ that of 100", thousand, "≤", 11.0),
        ("PUT, plain: p50 over nginx's, µs", added("p50"), "≤", 15),
        ("PUT, plain: p99 over nginx's, µs", added("p99"), "≤", 50),
        ("memory, idle, MB", memory["idle"], "≤", 12),
        ("memory, 2,000 idle connections, MB", memory["connected"], "≤", 60),
        ("list of 10,000 passing: MB above idle", memory["lists"][10000], "≤", 4),
        ("start to first answer, ms", single["start"], "≤", 50),
        ("two cores ÷ one, from CPU per request", 2 * cores["one"] / cores["both"], "≥", 1.8),
    ]
    yield from ["", "| Target | measured | wanted | |", "| --- | ---: | ---: | --- |"]
    for name, value, sign, bound in promised:
        met = {"≤": value <= bound, "<": value < bound, "≥": value >= bound}[sign]
        yield f"| {name} | {value:.2f} | {sign} {bound} | {'met' if met else '**not met**'} |"


def write(report, command="make bench"):
    """Puts a report between its marks in docs/PERFORMANCE.md."""
    path = ROOT / "docs" / "PERFORMANCE.md"
    marks = re.compile(rf"(<!-- {command} writes from here -->\n).*?(<!-- {command} writes to here -->)", re.S)
    path.write_text(marks.sub(lambda found: f"{found[1]}\n{report}\n\n{found[2]}", path.read_text()))


if __name__ == "__main__":
    main()
