"""A scim2-client over a unix socket: what scim2-client and scim2-tester need to speak to a route of the gateway.

In place of the socket's path stands `127.0.0.1:PORT` where a server is spoken to directly.
"""

import http.client
import json
import socket
from urllib.parse import urlencode

from scim2_client.client import BaseSyncSCIMClient


class Answer:
    """What scim2-client needs of an HTTP answer."""

    def __init__(self, status, headers, content):
        self.status_code, self.headers, self.content = status, headers, content
        self.text = content.decode()

    def json(self):
        return json.loads(self.content)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("scim.example.com")
        self.path = path

    def connect(self):
        if self.path.startswith("/"):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(self.path)
        else:
            host, port = self.path.split(":")
            self.sock = socket.create_connection((host, int(port)))


class Client(BaseSyncSCIMClient):
    """A client of one route, e.g. `/veeva/scim/v2`, with a bearer token."""

    def __init__(self, path, token, base):
        super().__init__()
        self.path, self.token, self.base = path, token, base

    def _parse_json(self, response):
        return response.json()

    def _stays_under_base_url(self, endpoint):
        return True

    def request(self, method, url, **kwargs):
        headers = {**(kwargs.get("headers") or {}), "Authorization": f"Bearer {self.token}"}
        query = kwargs.get("params")
        target = f"{self.base}{url}" + (f"?{urlencode(query)}" if query else "")
        body = json.dumps(kwargs["json"]) if kwargs.get("json") is not None else None
        if body is not None:
            headers.setdefault("Content-Type", "application/scim+json")
        connection = UnixConnection(self.path)
        try:
            connection.request(method, target, body=body, headers=headers)
            answer = connection.getresponse()
            received = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, received, answer.read())
        finally:
            connection.close()
