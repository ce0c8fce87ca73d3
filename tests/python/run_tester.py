"""Runs scim2-tester against a route over a unix socket.

usage: run_tester.py SOCKET TOKEN ROUTE

Prints one line of JSON: how many results there are, and each that is no success, with its reason.
"""

import json
import sys

from scim2_tester import Status, check_server
from unix_client import Client


def main(path, token, route):
    results = check_server(Client(path, token, f"/{route}/scim/v2"))
    others = [result for result in results if result.status is not Status.SUCCESS]
    told = [{"status": one.status.name, "title": one.title, "reason": one.reason} for one in others]
    print(json.dumps({"results": len(results), "others": told}))


if __name__ == "__main__":
    main(*sys.argv[1:])
