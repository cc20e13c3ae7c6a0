"""Search: every word must be there; a word in the title weighs most."""

from app.features.notes import view
from app.web import Response

WEIGHTS = (("title", 6), ("tags", 4), ("body", 1))


def score(note, words):
    """How well the note fits; 0 when a word is missing."""
    texts = {"title": note["title"].lower(), "tags": " ".join(note["tags"]), "body": note["body"].lower()}
    points = [sum(weight for part, weight in WEIGHTS if word in texts[part]) for word in words]
    return sum(points) if points and all(points) else 0


def register(router, store):
    def search(request):
        query = request.query.get("q", "").strip()[:200]
        words = query.lower().split()
        scored = [(score(note, words), note) for note in store.list()] if words else []
        # The sort is stable, so equally good notes stay in the order of the list.
        best = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])
        return Response.json({"query": query, "notes": [view(note) for _, note in best]})

    router.add("GET", "/api/search", search)
