import json
import os
import tempfile
import unittest

from app.web import HTTPError, Request, Response, Router, file_response


def router():
    routes = Router()
    routes.add("GET", "/hello", lambda request: Response.json({"name": request.query.get("name", "you")}))
    routes.add("GET", "/things/{number:id}", lambda request, id: Response.json({"id": int(id)}))
    routes.add("POST", "/echo", lambda request: Response.json(request.json(), 201))
    return routes


def ask(method, target, body=b""):
    response = router().answer(Request(method, target, body))
    return response.status, json.loads(response.body.decode("utf-8"))


class Routing(unittest.TestCase):
    def test_a_route_gets_its_query_and_its_path(self):
        self.assertEqual(ask("GET", "/hello?name=Ada%20L"), (200, {"name": "Ada L"}))
        self.assertEqual(ask("GET", "/things/42"), (200, {"id": 42}))

    def test_a_body_is_read_as_json(self):
        self.assertEqual(ask("POST", "/echo", '{"é": 1}'.encode("utf-8")), (201, {"é": 1}))

    def test_what_goes_wrong_is_json_with_a_status_and_a_sentence(self):
        for method, target, body, status, message in [
            ("GET", "/nowhere", b"", 404, "There is nothing at /nowhere"),
            ("GET", "/things/x", b"", 404, "There is nothing at /things/x"),
            ("DELETE", "/hello", b"", 405, "/hello answers GET only"),
            ("POST", "/echo", b"{", 400, "The body is not JSON"),
            ("POST", "/echo", b"\xff", 400, "The body is not JSON"),
            ("POST", "/echo", b"[]", 400, "The body must be a JSON object"),
        ]:
            with self.subTest(target=target, body=body):
                self.assertEqual(
                    ask(method, target, body), (status, {"error": {"status": status, "message": message}}))


class Files(unittest.TestCase):
    def test_a_file_is_served_with_its_type(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "page.css"), "w") as file:
                file.write("body {}")
            response = file_response(folder, "page.css")
        self.assertEqual((response.body, response.content_type), (b"body {}", "text/css; charset=utf-8"))

    def test_nothing_outside_the_folder_is_served(self):
        for name in ("../secret.txt", "..", "/etc/passwd", ".hidden", "a/b.txt", "missing.css"):
            with self.subTest(name=name), self.assertRaises(HTTPError) as caught:
                file_response(os.path.dirname(__file__), name)
            self.assertEqual(caught.exception.status, 404)


if __name__ == "__main__":
    unittest.main()
