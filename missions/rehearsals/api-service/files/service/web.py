"""Requests, routes and errors over http.server. Knows nothing of parcels."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

BODY_BYTES_MAX = 64 * 1024


class Problem(Exception):
    """An answer that is not the wanted one: its status, a code for programs, a sentence for people."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


class Router:
    """Finds the function for a request. A path may hold {name}."""

    def __init__(self):
        self.routes = []

    def add(self, method, path, function):
        self.routes.append((method, path, function))

    def answer(self, method, target, body=b"", headers=None):
        """The status and the object to send. Never raises for what a caller sent."""
        try:
            function, names = self._find(method, urlsplit(target).path)
            query = {name: values[-1] for name, values in parse_qs(urlsplit(target).query).items()}
            return function(names, query, _object(body) if body else {}, headers or {})
        except Problem as problem:
            return problem.status, {"error": {"code": problem.code, "message": str(problem)}}

    def _find(self, method, path):
        allowed = []
        for route_method, pattern, function in self.routes:
            names = _match(pattern, path)
            if names is None:
                continue
            if route_method == method:
                return function, names
            allowed.append(route_method)
        if allowed:
            raise Problem(405, "method-not-allowed", "use " + " or ".join(sorted(allowed)))
        raise Problem(404, "not-found", "there is nothing at %s" % path)


def _match(pattern, path):
    wanted, found = pattern.split("/"), path.split("/")
    if len(wanted) != len(found):
        return None
    names = {}
    for part, text in zip(wanted, found):
        if part.startswith("{"):
            names[part[1:-1]] = text
        elif part != text:
            return None
    return names


def _object(body):
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Problem(400, "not-json", "the body must be a JSON object")
    return value


def make_server(router, host, port):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self):
            length = self.headers.get("Content-Length", "0")
            if not length.isdigit() or int(length) > BODY_BYTES_MAX:
                self.close_connection = True
                answer = 413, {"error": {"code": "too-large", "message": "a body has at most 64 KiB"}}
            else:
                answer = router.answer(self.command, self.path, self.rfile.read(int(length)), self.headers)
            data = json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

        def log_message(self, *_):
            pass

    ThreadingHTTPServer.daemon_threads = True
    return ThreadingHTTPServer((host, port), Handler)
