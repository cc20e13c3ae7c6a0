"""The operations of openapi.json."""

from service.store import NotAllowed
from service.web import Problem, Router


def build(store):
    router = Router()

    def health(names, query, body, headers):
        return 200, {"status": "ok"}

    def create(names, query, body, headers):
        to, grams = body.get("to"), body.get("grams")
        if not isinstance(to, str) or not 1 <= len(to) <= 200:
            raise Problem(422, "bad-to", "`to` must have 1 to 200 characters")
        if isinstance(grams, bool) or not isinstance(grams, int) or grams < 1:
            raise Problem(422, "bad-grams", "`grams` must be a whole number above 0")
        return 201, store.add(to, grams, key=headers.get("Idempotency-Key"))

    def list_parcels(names, query, body, headers):
        return 200, {"parcels": store.list(open_only=query.get("open") == "true")}

    def read(names, query, body, headers):
        return 200, found(names["id"], store.get)

    def add_event(names, query, body, headers):
        if body.get("kind") not in ("in-transit", "delivered", "returned"):
            raise Problem(422, "bad-kind", "`kind` must be in-transit, delivered or returned")
        try:
            return 201, found(names["id"], lambda number: store.add_event(number, body["kind"]))
        except NotAllowed as reason:
            raise Problem(409, "not-allowed", str(reason))

    def found(text, look):
        # Only ASCII digits, and not more than SQLite's integers hold.
        parcel = look(int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else None
        if parcel is None:
            raise Problem(404, "no-parcel", "there is no parcel %s" % text)
        return parcel

    router.add("GET", "/health", health)
    router.add("POST", "/parcels", create)
    router.add("GET", "/parcels", list_parcels)
    router.add("GET", "/parcels/{id}", read)
    router.add("POST", "/parcels/{id}/events", add_event)
    return router
