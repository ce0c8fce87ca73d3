"""The programs that are measured, and those that measure: built, started, asked what they use."""

import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
DATA = ROOT / "benches" / "data"
ID = "2819c223-7f76-453a-919d-413861904646"
PROXY_CORE, LOAD_CORE = 1, 0


def build(pingora=True, scimux=True):
    """The built programs by name."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    tools = cargo(HERE, ["--workspace"] if pingora else ["-p", "bench-tools"])
    return tools | (cargo(ROOT, ["--bin", "scimux"]) if scimux else {})


def cargo(folder, options, profile="release"):
    command = ["cargo", "build", "--profile", profile, "--locked", "--message-format", "json-render-diagnostics", *options]
    environment = {"CARGO_TARGET_DIR": str(ROOT / "target")} | os.environ
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(done.returncode)
    messages = map(json.loads, done.stdout.splitlines())
    paths = [message["executable"] for message in messages if message.get("executable")]
    return {pathlib.Path(path).name: path for path in paths}


def install(*packages):
    """Debian packages, where they are missing; none of them is started."""
    missing = [package for package in packages if not shutil.which(package, path="/usr/sbin:/usr/bin")]
    if missing:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", *missing]):
            subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


def free_address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return "127.0.0.1:%d" % probe.getsockname()[1]


class Process:
    """A running program, pinned to a core."""

    def __init__(self, command, folder, name, core=None):
        self.name = name
        pin = [] if core is None else ["taskset", "-c", str(core)]
        with open(folder / f"{name}.log", "ab") as log:
            self.process = subprocess.Popen([*pin, *map(str, command)], cwd=folder, stdout=log, stderr=log)
        self.log = folder / f"{name}.log"

    def until_listening(self, address):
        host, port = address.rsplit(":", 1)
        while True:
            try:
                return socket.create_connection((host, int(port)), 1).close()
            except OSError:
                if self.process.poll() is not None:
                    sys.exit(f"{self.name} did not start: {self.log.read_text()[-2000:]}")
                time.sleep(0.005)

    def all(self):
        """Its id and those of its children."""
        ids = [self.process.pid]
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    stat = pathlib.Path("/proc", entry, "stat").read_text()
                except OSError:
                    continue
                if int(stat.rsplit(")", 1)[1].split()[1]) == self.process.pid:
                    ids.append(int(entry))
        return ids

    def memory(self, field):
        """VmRSS or VmHWM in MB."""
        text = "".join(pathlib.Path("/proc", str(one), "status").read_text() for one in self.all())
        return sum(int(number) for number in re.findall(rf"{field}:\s+(\d+) kB", text)) / 1024

    def open_files(self):
        return sum(len(os.listdir(f"/proc/{one}/fd")) for one in self.all())

    def forget_peak(self):
        for one in self.all():
            pathlib.Path("/proc", str(one), "clear_refs").write_text("5")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class World:
    """An upstream and proxies in front of it."""

    def __init__(self, programs, folder):
        self.programs, self.folder, self.running, self.proxies = programs, folder, [], {}
        self.upstream = free_address()
        certificate(folder)
        self.start([programs["upstream"], self.upstream, DATA], "upstream", self.upstream, LOAD_CORE)

    def start(self, command, name, address, core):
        process = Process(command, self.folder, name, core)
        self.running.append(process)
        process.until_listening(address)
        return process

    def stop(self):
        for process in reversed(self.running):
            process.stop()

    def write(self, template, name, **values):
        text = (HERE / "conf" / template).read_text()
        for key, value in ({"DIR": self.folder, "UPSTREAM": self.upstream} | values).items():
            text = text.replace(f"@{key}@", str(value))
        path = self.folder / name
        path.write_text(text)
        return path

    def scimux_config(self, name, tls=False, more=""):
        """The file, and the address."""
        address, admin = free_address(), free_address()
        section = f'[server.tls]\ncertificate = "{self.folder}/tls.crt"\nprivate_key = "{self.folder}/tls.key"\n'
        values = {"LISTEN": address, "ADMIN": admin, "TLS_SECTION": section if tls else "", "MORE": more}
        return self.write("scimux.toml", f"{name}.toml", **values), address

    def scimux(self, name="scimux", tls=False, core=PROXY_CORE, more=""):
        config, address = self.scimux_config(name, tls, more)
        command = [self.programs["scimux"], "serve", "--config", config]
        return self.start(command, name, address, core), address

    def start_proxies(self):
        """Each with its plain and its TLS address; that of scimux is a process of its own."""
        plain, address = self.scimux()
        secured, secured_address = self.scimux("scimux-tls", tls=True)
        self.proxies["scimux"] = {False: (plain, address), True: (secured, secured_address)}
        for name, command in (("nginx", self.nginx), ("haproxy", self.haproxy), ("Pingora", self.pingora)):
            listen, tls = free_address(), free_address()
            process = self.start(command(listen, tls), name, listen, PROXY_CORE)
            self.proxies[name] = {False: (process, listen), True: (process, tls)}

    def nginx(self, listen, tls):
        return ["/usr/sbin/nginx", "-p", self.folder, "-c", self.write("nginx.conf", "nginx.conf", LISTEN=listen, TLS=tls)]

    def haproxy(self, listen, tls):
        return ["/usr/sbin/haproxy", "-f", self.write("haproxy.cfg", "haproxy.cfg", LISTEN=listen, TLS=tls)]

    def pingora(self, listen, tls):
        keys = [self.folder / "tls.crt", self.folder / "tls.key"]
        return [self.programs["bench-pingora"], listen, tls, self.upstream, *keys]

    def load_command(self, address, requests, options):
        command = [self.programs["load"], "--address", address]
        for request in requests:
            command += ["--request", request]
        return ["taskset", "-c", str(LOAD_CORE), *map(str, [*command, *options])]

    def load(self, process, address, requests, *options):
        """What the load saw. What was not answered well ends the bench: a figure of refusals says nothing."""
        watched = ["--processes", ",".join(map(str, process.all()))] if process else []
        command = self.load_command(address, requests, [*options, *watched])
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}: {done.stderr}")
        seen = json.loads(done.stdout)
        if seen["failed"] or not seen["requests"]:
            sys.exit(f"{' '.join(command)}: {seen}")
        return seen


def certificate(folder):
    keys = ["-keyout", folder / "tls.key", "-out", folder / "tls.crt"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(["openssl", "req", "-x509", *kind, *names, *keys], check=True, capture_output=True)
    (folder / "tls.pem").write_text((folder / "tls.crt").read_text() + (folder / "tls.key").read_text())
