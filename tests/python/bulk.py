"""Sends the same bulk requests through the gateway, with scim2-client as a strict reader, and to scim2-server itself.

usage: bulk.py SOCKET TOKEN ROUTE PORT SERVER_TOKEN REQUESTS

REQUESTS is a JSON list of bulk requests. Prints for each a line of JSON: what either said of each operation. An answer of the
gateway that scim2-client does not accept is an exception.
"""

import json
import sys
from urllib.request import Request, urlopen

from unix_client import Client


def entry(operation):
    location = operation.get("location") or ""
    error = operation.get("response") or {}
    return {
        "method": operation.get("method"),
        "bulkId": operation.get("bulkId"),
        "status": operation["status"],
        "at": location.split("/v2")[-1].split("/")[1:2],
        "versioned": bool(operation.get("version")),
        "scimType": error.get("scimType"),
    }


def through_gateway(client, message):
    answer = client.bulk(message, check_request_payload=False)
    return [entry(operation) for operation in answer.model_dump()["Operations"]]


def direct(port, token, message):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
    request = Request(f"http://127.0.0.1:{port}/v2/Bulk", json.dumps(message).encode(), headers, method="POST")
    with urlopen(request) as answer:
        return [entry(operation) for operation in json.load(answer)["Operations"]]


def main(path, token, route, port, server_token, requests):
    client = Client(path, token, f"/{route}/scim/v2")
    client.discover()
    for message in json.loads(requests):
        told = {"gateway": through_gateway(client, message), "server": direct(port, server_token, message)}
        print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
