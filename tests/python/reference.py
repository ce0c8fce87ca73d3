"""scim2-server on a free loopback port, its users with one more extension; the first line printed is its base URL."""

import json
import sys

from scim2_models import ResourceType, Schema, ScimProvider
from scim2_server.memory import InMemoryStorage
from scim2_server.service import ScimService
from scim2_server.testserver.application import BearerTokenApplication
from scim2_server.testserver.cli import ThreadingWSGIServer
from scim2_server.utils import (
    load_default_resource_types,
    load_default_schemas,
    load_default_service_provider_config,
)
from wsgiref.simple_server import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def provider(extension):
    schemas = [*load_default_schemas().values(), Schema.model_validate(extension)]
    types = [kind.model_dump() for kind in load_default_resource_types().values()]
    users = next(kind for kind in types if kind["name"] == "User")
    users["schemaExtensions"].append({"schema": extension["id"], "required": False})
    return ScimProvider.from_discovery(
        schemas,
        [ResourceType.model_validate(kind) for kind in types],
        config=load_default_service_provider_config(),
    )


def main():
    with open(sys.argv[1]) as file:
        described = provider(json.load(file))
    application = BearerTokenApplication(InMemoryStorage(), described, ScimService(described, secret="s"))
    with make_server("127.0.0.1", 0, application, ThreadingWSGIServer, Quiet) as server:
        print(f"http://127.0.0.1:{server.server_port}/v2", flush=True)
        server.serve_forever()


main()
