"""Reads the discovery documents of routes with scim2-client, a strict reader, over a unix socket.

usage: read_discovery.py SOCKET TOKEN ROUTE...

Prints one line of JSON for each route: what the client understood. A document that it does not accept is an exception.
"""

import json
import sys

from unix_client import Client


def main(path, token, *routes):
    for route in routes:
        client = Client(path, token, f"/{route}/scim/v2")
        client.discover()
        config = client.service_provider_config
        types = {kind.name: str(kind.endpoint) for kind in client.resource_types}
        models = sorted(model.__name__ for model in client.resource_models)
        print(json.dumps({"route": route, "patch": config.patch.supported, "types": types, "models": models}))


if __name__ == "__main__":
    main(*sys.argv[1:])
