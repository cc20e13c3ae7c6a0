import argparse

from service.routes import build
from service.store import ParcelStore
from service.web import make_server

parser = argparse.ArgumentParser(prog="python3 -m service", description="Track parcels over HTTP.")
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--port", type=int, default=8000, help="0 takes a free one")
parser.add_argument("--data", default="parcels.db", help="the database file")
arguments = parser.parse_args()

server = make_server(build(ParcelStore(arguments.data)), arguments.host, arguments.port)
print("listening on http://%s:%d" % (arguments.host, server.server_address[1]), flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    pass
