"""Serves scim2-server, an independent and strict RFC 7644 server, whole or without one HTTP method.

usage: scim_server.py PORT TOKEN [devices] [METHOD ANSWER]

With devices it has a resource type that no RFC has, and users of an extension that no RFC has either.

Without PATCH its ServiceProviderConfig says so, which has no word for PUT. In place of the method answers `501`, a SCIM
error, or `404html`, the page of a framework that has no such route.
"""

import json
import sys
from wsgiref.simple_server import make_server

from scim2_models import ResourceType, Schema, ScimProvider
from scim2_server.testserver.cli import ThreadingWSGIServer
from scim2_server.memory import InMemoryStorage
from scim2_server.service import ScimService
from scim2_server.testserver.application import BearerTokenApplication
from scim2_server.utils import load_default_resource_types, load_default_schemas, load_default_service_provider_config

ERROR = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "501", "detail": "not implemented"}
ANSWERS = {
    "501": ("501 Not Implemented", "application/scim+json", json.dumps(ERROR)),
    "404html": ("404 Not Found", "text/html; charset=UTF-8", "<!DOCTYPE html><title>Error 404 (Not Found)</title>"),
}


DEVICE = "urn:example:scim:schemas:core:2.0:Device"
BADGE = "urn:example:scim:schemas:extension:badge:2.0:User"


def attribute(name, kind="string", **more):
    """An attribute as RFC 7643 section 7 has it, with its defaults."""
    plain = {"multiValued": False, "required": False, "caseExact": False, "mutability": "readWrite"}
    return {"name": name, "type": kind, **plain, "returned": "default", "uniqueness": "none", **more}


def devices(schemas, types):
    parts = [attribute("value"), attribute("size", "integer")]
    own = [attribute("serial", required=True), attribute("active", "boolean"), attribute("note", mutability="readOnly")]
    own.append(attribute("parts", "complex", multiValued=True, subAttributes=parts))
    schemas[DEVICE] = Schema.model_validate({"id": DEVICE, "name": "Device", "attributes": own})
    schemas[BADGE] = Schema.model_validate({"id": BADGE, "name": "Badge", "attributes": [attribute("number", "integer")]})
    device = {"id": "Device", "name": "Device", "endpoint": "/Devices", "schema": DEVICE}
    types["Device"] = ResourceType.model_validate(device)
    user = types["User"].model_dump()
    user["schemaExtensions"].append({"schema": BADGE, "required": False})
    types["User"] = ResourceType.model_validate(user)


def application(token, lacking, more):
    config = load_default_service_provider_config()
    config.patch.supported = lacking != "PATCH"
    schemas, types = dict(load_default_schemas()), dict(load_default_resource_types())
    if more:
        devices(schemas, types)
    provider = ScimProvider.from_discovery(schemas.values(), types.values(), config=config)
    service = ScimService(provider, secret="a secret of these tests")
    return BearerTokenApplication(InMemoryStorage(), provider, service=service, bearer_tokens=[token])


def without(inner, method, answer):
    status, kind, body = ANSWERS[answer]

    def gate(environ, start):
        if environ["REQUEST_METHOD"] != method:
            return inner(environ, start)
        start(status, [("Content-Type", kind)])
        return [body.encode()]

    return gate


def main(port, token, *rest):
    more = "devices" in rest
    method, answer = [*(word for word in rest if word != "devices"), None, None][:2]
    served = application(token, method, more)
    if method:
        served = without(served, method, answer)
    with make_server("127.0.0.1", int(port), served, server_class=ThreadingWSGIServer) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
