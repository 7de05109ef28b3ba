"""The half of PrusaLink on a computer that proves who asks, with PrusaLink's own web server.

PrusaLink itself wants a printer on a serial line before it answers anything. What it leaves to PoorWSGI is used as it uses it
(`prusa/link/web/lib/core.py`, `auth.py`): digest with that library's own algorithm, realm `Administrator`. A nonce lasts as long as
the first argument says, in seconds. Prints its port when it listens.
"""
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

from poorwsgi import Application, state
from poorwsgi.digest import PasswordMap, check_credentials, hexdigest
from poorwsgi.response import HTTPException, JSONResponse
from poorwsgi.session import check_token

REALM = "Administrator"

app = Application("prusalink")
app.secret_key = "a secret of the test's"
app.auth_type = "Digest"
app.auth_timeout = int(sys.argv[1])
app.auth_map = PasswordMap()
app.auth_map.set(REALM, "maker", hexdigest("maker", REALM, "open sesame"))

ANSWERS = {
    "/api/version": {"api": "2.0.0", "server": "0.8.1", "original": "PrusaLink I3MK3S", "text": "PrusaLink 0.8.1",
                     "firmware": "3.14.0-8094", "hostname": "annas-pi"},
    "/api/v1/info": {"name": "Anna's printer", "location": "Oslo", "serial": "CZPX4720X004XC12345"},
    "/api/v1/status": {"storage": [], "printer": {"state": "IDLE", "temp_nozzle": 21.5, "temp_bed": 20.5,
                                                  "status_printer": {"ok": True, "message": "OK"}}},
}


def check(req):
    """Lets nobody in who does not prove the password."""
    if "Authorization" not in req.headers or req.authorization["type"] != "Digest":
        raise HTTPException(state.HTTP_UNAUTHORIZED, realm=REALM)
    nonce = req.authorization.get("nonce")
    if not check_token(nonce, req.secret_key, req.user_agent, timeout=app.auth_timeout):
        raise HTTPException(state.HTTP_UNAUTHORIZED, realm=REALM, stale=True)
    if not check_credentials(req, REALM, None):
        raise HTTPException(state.HTTP_UNAUTHORIZED, realm=REALM)


def answer(req):
    """What stands in the table."""
    check(req)
    return JSONResponse(**ANSWERS[req.path])


for path in ANSWERS:
    app.set_route(path, answer)

with make_server("127.0.0.1", 0, app, handler_class=WSGIRequestHandler) as server:
    print(server.server_port, flush=True)
    server.serve_forever()
