"""The server that CurlTransportTests talk to: the path of a request says what becomes of it.

Prints two ports of 127.0.0.1, its own and one where nobody listens, and ends with its standard input. With a
certificate, its key and the word `tls` as arguments it speaks TLS. Asked to be a proxy, it is itself the host that is
asked for.
"""

import json
import socket
import ssl
import sys
import threading
from urllib.parse import urlsplit

DATE = "Date: Sun, 30 Aug 2015 12:36:00 GMT"


def read(connection):
    """A whole request: first line, headers, body. None if the client goes away before."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return None
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    headers = [header.split(": ", 1) for header in headers]
    size = sum(int(value) for name, value in headers if name == "Content-Length")
    while len(body) < size:
        part = connection.recv(65536)
        if not part:
            return None
        body += part
    return line, headers, body.decode()


def answer(connection, status, *headers, body=b"", size=None):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if size is None else size}", *headers, "", ""]
    connection.sendall("\r\n".join(lines).encode() + body)


def serve(connection, tunnel=None):
    request = read(connection)
    if request is None:
        return
    line, headers, body = request
    method, target, _ = line.split(" ")
    path = urlsplit(target).path
    if method == "CONNECT":
        connection.sendall(b"HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:01 GMT\r\n\r\n")
        with tls.wrap_socket(connection, server_side=True) as inner:
            serve(inner, tunnel=target)
    elif path == "/echo/":
        echo = {"line": line, "headers": headers, "body": body, "tunnel": tunnel}
        answer(connection, "200 OK", DATE, body=json.dumps(echo).encode())
    elif path == "/timeless/":
        answer(connection, "418 I'm a teapot", body=b"short and stout")
    elif path == "/redirect/":
        answer(connection, "302 Found", DATE, "Location: /echo/")
    elif path.startswith("/size/"):
        answer(connection, "200 OK", body=b"x" * int(path.split("/")[2]))
    elif path == "/half/":
        answer(connection, "200 OK", DATE, body=b"<CreateAccessKeyResponse>", size=100)
    elif path == "/silent/":
        connection.recv(1)  # the client gives up


def serve_all():
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve_one, args=(connection,), daemon=True).start()


def serve_one(connection):
    try:
        with tls.wrap_socket(connection, server_side=True) if speaks_tls else connection as inner:
            serve(inner)
    except OSError:
        pass  # the client is gone


speaks_tls = len(sys.argv) > 3
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
if len(sys.argv) > 2:
    tls.load_cert_chain(sys.argv[1], sys.argv[2])
listener = socket.create_server(("127.0.0.1", 0))
unheard = socket.socket()
unheard.bind(("127.0.0.1", 0))
threading.Thread(target=serve_all, daemon=True).start()
print(listener.getsockname()[1], unheard.getsockname()[1], flush=True)
sys.stdin.read()
