"""A very small web framework: requests, routes, JSON errors and files, over http.server."""

import json
import os
import re
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

BODY_BYTES_MAX = 256 * 1024
FILE_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class HTTPError(Exception):
    """An answer other than success: a status and a sentence for people."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status, self.message = int(status), message


class Request:
    def __init__(self, method, target, body=b""):
        parts = urlsplit(target)
        self.method, self.body = method, body
        self.path = unquote(parts.path)
        self.query = {key: values[-1] for key, values in parse_qs(parts.query).items()}

    def json(self):
        """The body as a JSON object."""
        try:
            value = json.loads(self.body.decode("utf-8"))
        except ValueError:
            raise HTTPError(HTTPStatus.BAD_REQUEST, "The body is not JSON")
        if not isinstance(value, dict):
            raise HTTPError(HTTPStatus.BAD_REQUEST, "The body must be a JSON object")
        return value


class Response:
    def __init__(self, status=HTTPStatus.OK, body=b"", content_type="application/json"):
        self.status, self.body, self.content_type = int(status), body, content_type

    @classmethod
    def json(cls, value, status=HTTPStatus.OK):
        return cls(status, json.dumps(value, ensure_ascii=False).encode("utf-8"))


class Router:
    """Finds the function for a request. A path may hold `{name}` (a segment) and `{number:id}` (digits)."""

    def __init__(self):
        self.routes = []

    def add(self, method, path, function):
        pattern = re.sub(r"\\{number:(\w+)\\}", r"(?P<\1>\\d{1,18})", re.escape(path))
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", pattern)
        self.routes.append((method, path, re.compile(pattern + r"\Z"), function))

    def answer(self, request):
        """Always a response: what goes wrong becomes one too."""
        try:
            return self._dispatch(request)
        except HTTPError as error:
            return Response.json({"error": {"status": error.status, "message": error.message}}, error.status)

    def _dispatch(self, request):
        methods = []
        for method, _, pattern, function in self.routes:
            match = pattern.match(request.path)
            if match and method == request.method:
                return function(request, **match.groupdict())
            if match:
                methods.append(method)
        if methods:
            raise HTTPError(
                HTTPStatus.METHOD_NOT_ALLOWED, "%s answers %s only" % (request.path, ", ".join(methods)))
        raise HTTPError(HTTPStatus.NOT_FOUND, "There is nothing at %s" % request.path)


def file_response(folder, name):
    """A file of the folder itself, and of no other."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9]+)+", name):
        raise HTTPError(HTTPStatus.NOT_FOUND, "There is no file of that name")
    try:
        with open(os.path.join(folder, name), "rb") as file:
            body = file.read()
    except OSError:
        raise HTTPError(HTTPStatus.NOT_FOUND, "There is no file %s" % name)
    return Response(body=body, content_type=FILE_TYPES.get(os.path.splitext(name)[1], "application/octet-stream"))


def headers_for(response):
    """What every answer carries."""
    return {
        "Content-Type": response.content_type,
    }


def make_server(router, host, port):
    """A server that is bound but not yet serving; port 0 takes a free one."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "Margin"
        sys_version = ""
        # Header and body leave in two writes; without this the second waits for the first one's receipt.
        disable_nagle_algorithm = True

        def handle_any(self):
            length = self.headers.get("Content-Length") or "0"
            if not length.isdigit() or int(length) > BODY_BYTES_MAX:
                self.close_connection = True
                error = {"status": 413, "message": "A body may have at most %d bytes" % BODY_BYTES_MAX}
                return self.send(Response.json({"error": error}, 413))
            self.send(router.answer(Request(self.command, self.path, self.rfile.read(int(length)))))

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any

        def send(self, response):
            self.send_response(response.status)
            for name, value in headers_for(response).items():
                self.send_header(name, value)
            if response.status != HTTPStatus.NO_CONTENT:
                self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, *arguments):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    return Server((host, port), Handler)
