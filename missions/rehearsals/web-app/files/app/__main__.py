"""python3 -m app [--host H] [--port P] [--data FILE]"""

import argparse

from app.application import build
from app.storage import NoteStore
from app.web import make_server


def main():
    parser = argparse.ArgumentParser(prog="margin", description="A small place for notes.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free port (default: %(default)s)")
    parser.add_argument("--data", default="notes.db", metavar="FILE", help="the file of the notes (default: %(default)s)")
    options = parser.parse_args()
    store = NoteStore(options.data)
    server = make_server(build(store), options.host, options.port)
    print("Margin is at http://%s:%d" % (options.host, server.server_address[1]), flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
        store.close()


if __name__ == "__main__":
    main()
