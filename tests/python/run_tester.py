"""Runs scim2-tester against a route over a unix socket, or directly against a server.

usage: run_tester.py SOCKET TOKEN ROUTE [VALUES]
       run_tester.py 127.0.0.1:PORT TOKEN /PATH

VALUES is a JSON object for what a server demands of values and no schema can say: a path such as `userName`, or a part
such as `Addresses.country`, and the value to send, where `{}` stands for a random word.

Prints one line of JSON: how many results there are, and each that is no success, with its reason.
"""

import json
import random
import re
import sys
import uuid

import scim2_tester.filling
from scim2_tester import Status, check_server
from unix_client import Client


def teach(values):
    """The tester's random values but for those given."""
    generate = scim2_tester.filling.generate_random_value

    def taught(context, path, mutability=None, required=None):
        value = generate(context, path=path, mutability=mutability, required=required)
        binding = path.resolve()
        names = [str(path)]
        if binding is not None and binding.target_model is not None:
            names.append(f"{binding.target_model.__name__}.{re.split('[.:]', str(path))[-1]}")
        given = next((values[name] for name in names if name in values), None)
        if value is None or given is None:
            return value
        return given.replace("{}", uuid.uuid4().hex) if isinstance(given, str) else given

    for module in list(sys.modules.values()):
        if getattr(module, "generate_random_value", None) is generate:
            module.generate_random_value = taught


def main(path, token, route, values="{}"):
    random.seed(1)  # what is found must be found each time
    teach(json.loads(values))
    base = route if route.startswith("/") else f"/{route}/scim/v2"
    results = check_server(Client(path, token, base))
    others = [result for result in results if result.status is not Status.SUCCESS]
    told = [{"status": one.status.name, "title": one.title, "reason": one.reason} for one in others]
    print(json.dumps({"results": len(results), "others": told}))


if __name__ == "__main__":
    main(*sys.argv[1:])
