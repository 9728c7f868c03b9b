"""The web of the end-to-end world: one server that answers for every host, on ports 80 and 443.

    python origin.py ADDRESS CERTIFICATE.pem

prints a line once it listens, and serves until ended."""

from __future__ import annotations

import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

PAGE = b"<!doctype html><title>A page</title>\n"


class Page(BaseHTTPRequestHandler):
    """The same short page for every URL."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        """Say nothing: what matters is what the others write."""


class _Server(ThreadingTCPServer):
    """Not http.server's own class: that one asks the name server for this machine's name."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


def main(address: str, certificate: str) -> None:
    """Serve both ports, one of them from a thread."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    secure = _Server((address, 443), Page)
    secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
    plain = _Server((address, 80), Page)
    print("listening", flush=True)
    threading.Thread(target=secure.serve_forever, daemon=True).start()
    plain.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
