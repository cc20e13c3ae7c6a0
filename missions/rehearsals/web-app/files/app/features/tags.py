"""Tags: which there are, and how often each is used."""

from app.web import Response


def register(router, store):
    def list_tags(request):
        rows = store.rows("SELECT tag, COUNT(*) AS uses FROM note_tag GROUP BY tag ORDER BY uses DESC, tag")
        return Response.json({"tags": [{"tag": row["tag"], "count": row["uses"]} for row in rows]})

    router.add("GET", "/api/tags", list_tags)
