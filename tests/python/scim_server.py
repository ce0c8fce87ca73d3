"""Serves scim2-server, an independent and strict RFC 7644 server, whole or without one HTTP method.

usage: scim_server.py PORT TOKEN [METHOD ANSWER]

Without PATCH its ServiceProviderConfig says so, which has no word for PUT. In place of the method answers `501`, a SCIM
error, or `404html`, the page of a framework that has no such route.
"""

import json
import sys
from wsgiref.simple_server import make_server

from scim2_models import ScimProvider
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


def application(token, lacking):
    config = load_default_service_provider_config()
    config.patch.supported = lacking != "PATCH"
    provider = ScimProvider.from_discovery(
        load_default_schemas().values(), load_default_resource_types().values(), config=config
    )
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


def main(port, token, method=None, answer="501"):
    served = application(token, method)
    if method:
        served = without(served, method, answer)
    with make_server("127.0.0.1", int(port), served, server_class=ThreadingWSGIServer) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
