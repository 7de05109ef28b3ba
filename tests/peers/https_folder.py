"""Serves a folder over HTTPS with Python's own server, and says on standard output what was asked.

Arguments: the folder, a certificate, its key, and what to do: `plain`, `endless NAME` (that file never ends), `elsewhere`
(each answer is a redirect) or `page` (each answer is a page of the server's own).
"""

import http.server
import ssl
import sys

FOLDER, CERTIFICATE, KEY, MANNER, *NAMES = sys.argv[1:]


class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *arguments):
        super().__init__(*arguments, directory=FOLDER)

    def do_GET(self):
        if MANNER == "elsewhere":
            self.send_response(302)
            self.send_header("Location", "https://127.0.0.1:1/")
            self.end_headers()
        elif MANNER == "page":
            self.answer_with(b"<!doctype html><title>Log in</title>\n")
        elif MANNER == "endless" and self.path.lstrip("/") in NAMES:
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b" " * 65536)
            except OSError:
                pass
        else:
            super().do_GET()

    def answer_with(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form, *arguments):
        pass

    def log_request(self, code="-", size="-"):
        print(self.requestline, flush=True)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that does not trust the certificate hangs up, and that is no fault of the server's."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


server = Server(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE, KEY)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_port, flush=True)
server.serve_forever()
