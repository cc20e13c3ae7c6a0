import json
import unittest

with open("openapi.json") as file:
    CONTRACT = json.load(file)

TYPES = {"object": dict, "array": list, "string": str, "integer": int}


def misfit(value, schema, path="$"):
    """Where the value does not fit the schema, or None. Knows what this contract uses, no more."""
    if "$ref" in schema:
        schema = CONTRACT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if not isinstance(value, TYPES[schema["type"]]) or isinstance(value, bool):
        return "%s is no %s" % (path, schema["type"])
    if "enum" in schema and value not in schema["enum"]:
        return "%s is none of %s" % (path, schema["enum"])
    if "minimum" in schema and value < schema["minimum"]:
        return "%s is too small" % path
    if isinstance(value, str) and not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 1e9):
        return "%s has the wrong length" % path
    for name in schema.get("required", []):
        if name not in value:
            return "%s has no %s" % (path, name)
    parts = [(value[k], v, k) for k, v in schema.get("properties", {}).items() if k in value]
    parts += [(item, schema["items"], str(i)) for i, item in enumerate(value)] if "items" in schema else []
    return next((m for m in (misfit(v, s, path + "." + k) for v, s, k in parts) if m), None)


def operations():
    for path, methods in CONTRACT["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


class ContractFileTest(unittest.TestCase):
    def test_each_operation_has_a_name_and_a_success(self):
        names = [operation["operationId"] for _, _, operation in operations()]
        self.assertEqual(len(names), len(set(names)))
        for method, path, operation in operations():
            self.assertTrue(any(code.startswith("2") for code in operation["responses"]), path)

    def test_each_example_fits_its_schema(self):
        for method, path, operation in operations():
            for code, response in operation["responses"].items():
                body = response["content"]["application/json"]
                self.assertIsNone(misfit(body["example"], body["schema"]), (method, path, code))

    def test_what_does_not_fit_is_found(self):
        schema = {"$ref": "#/components/schemas/Parcel"}
        self.assertIn("status", misfit(
            {"id": 1, "to": "A", "grams": 1, "status": "lost", "events": []}, schema))
