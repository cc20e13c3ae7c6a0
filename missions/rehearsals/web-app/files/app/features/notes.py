"""Notes: list, read, write, change, remove."""

from http import HTTPStatus

from app import __version__
from app.storage import NotAllowed
from app.web import HTTPError, Response


def view(note):
    """A note as the API shows it."""
    return dict(note)


def register(router, store):
    def health(request):
        return Response.json({"status": "ok", "version": __version__, "notes": store.count()})

    def list_notes(request):
        return Response.json({"notes": [view(note) for note in store.list(request.query.get("tag"))]})

    def add_note(request):
        return Response.json(view(checked(store.add, request.json())), HTTPStatus.CREATED)

    def read_note(request, id):
        return Response.json(view(found(store.get(int(id)), id)))

    def change_note(request, id):
        return Response.json(view(found(checked(store.change, int(id), request.json()), id)))

    def remove_note(request, id):
        found(store.remove(int(id)) or None, id)
        return Response(HTTPStatus.NO_CONTENT)

    router.add("GET", "/api/health", health)
    router.add("GET", "/api/notes", list_notes)
    router.add("POST", "/api/notes", add_note)
    router.add("GET", "/api/notes/{number:id}", read_note)
    router.add("PATCH", "/api/notes/{number:id}", change_note)
    router.add("DELETE", "/api/notes/{number:id}", remove_note)


def checked(function, *arguments):
    try:
        return function(*arguments)
    except NotAllowed as error:
        raise HTTPError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))


def found(value, id):
    if value is None:
        raise HTTPError(HTTPStatus.NOT_FOUND, "There is no note %s" % id)
    return value
