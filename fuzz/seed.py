#!/usr/bin/env python3
"""Writes the corpus anew from what clients send (tests/clients) and vendors answer (adapters/src/*/testdata), one file for
each form: inputs that differ only in values are one. Files whose names begin with `kept-` stay: those are found cases.

usage: python3 fuzz/seed.py
"""

import json
import pathlib
import re
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "fuzz/corpus"


def shape(text):
    """The text without what makes values differ."""
    return re.sub(r'"[^"{}\[\]]*@[^"]*"|\d+|[0-9a-f]{8}(-[0-9a-f]+)+', "0", text.lower())


def steps():
    for file in sorted((ROOT / "tests/clients").glob("*.json")):
        current = {}
        for step in json.loads(file.read_text())["steps"]:
            kind = step["path"].split("?")[0].strip("/").split("/")[0]
            body = step.get("body")
            if step["method"] in ("POST", "PUT") and isinstance(body, dict):
                current[kind] = body
            yield file.stem, step["method"], step["path"], body, current.get(kind)


def words(query):
    parsed = urllib.parse.parse_qs(query)
    yield from (("filter", text) for text in parsed.get("filter", []))
    lists = parsed.get("attributes", []) + parsed.get("excludedAttributes", []) + parsed.get("sortBy", [])
    yield from (("path", name) for names in lists for name in names.split(","))


def inputs():
    for client, method, path, body, current in steps():
        yield from ((kind, client, text) for kind, text in words(path.partition("?")[2]))
        sent = "" if body is None else "Content-Type: application/scim+json\r\n"
        text = "" if body is None else json.dumps(body)
        yield "request", client, f"{method} {path} HTTP/1.1\r\n{sent}\r\n{text}"
        if method == "PATCH" and isinstance(body, dict):
            for operation in body.get("Operations", []):
                if isinstance(operation.get("path"), str):
                    yield "path", client, operation["path"]
            if current:
                yield "patch", client, json.dumps({"current": current, "patch": body})
        elif isinstance(body, dict):
            yield "dialect", client, text
    for file in sorted((ROOT / "adapters/src").glob("*/testdata/*/answer.http")):
        yield "answer", f"{file.parts[-4]}-{file.parts[-2]}", file.read_text()


def main():
    seen = set()
    for file in CORPUS.glob("*/*"):
        if not file.name.startswith("kept-"):
            file.unlink()
    for kind, source, text in inputs():
        if (kind, shape(text)) in seen:
            continue
        seen.add((kind, shape(text)))
        folder = CORPUS / kind
        folder.mkdir(parents=True, exist_ok=True)
        number = sum(1 for file in folder.glob(f"{source}*"))
        (folder / f"{source}-{number:02}").write_bytes(text.encode())


main()
