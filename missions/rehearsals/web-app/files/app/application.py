"""Puts the parts together: features, page and files on one router."""

import importlib
import os

from app.features import FEATURES
from app.web import Router, file_response

STATIC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "static")


def build(store):
    router = Router()
    for feature in FEATURES:
        importlib.import_module("app.features." + feature).register(router, store)
    router.add("GET", "/", lambda request: file_response(STATIC, "index.html"))
    router.add("GET", "/static/{name}", lambda request, name: file_response(STATIC, name))
    return router
