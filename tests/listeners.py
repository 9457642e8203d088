"""Listeners on the loopback address for what rollcall sends: a webhook that can fail first, and a mail server."""

from __future__ import annotations

import http.server
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Webhook:
    """An address, what was posted to it (path, content type, body), and the answers it gives: status and body."""

    answers: list[tuple[int, bytes]]
    posted: list[tuple[str, str, bytes]] = field(default_factory=list)
    url: str = ""

    @property
    def bodies(self) -> list[dict]:
        return [json.loads(body) for _, _, body in self.posted]


@contextmanager
def webhook(*answers: tuple[int, bytes]) -> Iterator[Webhook]:
    """Answer as told, one after another; the last one to all that comes after."""
    heard = Webhook(list(answers))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, said = heard.answers[min(len(heard.posted), len(heard.answers) - 1)]
            heard.posted.append((self.path, self.headers["Content-Type"], body))
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_words: object) -> None: ...

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    with _served(server):
        heard.url = f"http://127.0.0.1:{server.server_port}/robot/send?access_token=t"
        yield heard


@dataclass
class Mailbox:
    """A mail server's port, the letters that it took, and how many conversations it cuts off first."""

    cut_off: int = 0
    port: int = 0
    letters: list[tuple[str, list[str], str]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    conversations: int = 0


@contextmanager
def mail_server(cut_off: int = 0) -> Iterator[Mailbox]:
    """Take letters as RFC 5321 has it: as much of it as a client that has no choice needs."""
    box = Mailbox(cut_off)

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            box.conversations += 1
            if box.conversations <= box.cut_off:
                self.say("421 closed for a while")
                return
            self.say("220 here")
            sender, to = "", []
            while line := self.rfile.readline().decode().strip():
                word = line.split(" ")[0].upper()
                if word == "EHLO":
                    self.say("250-here")
                    self.say("250 AUTH PLAIN")
                elif word == "AUTH":
                    box.logins.append(line)
                    self.say("235 yes")
                elif word == "MAIL":
                    sender = line
                    self.say("250 yes")
                elif word == "RCPT":
                    to.append(line)
                    self.say("250 yes")
                elif word == "DATA":
                    self.say("354 go on")
                    letter = []
                    while (part := self.rfile.readline().decode()) != ".\r\n":
                        letter.append(part)
                    box.letters.append((sender, to, "".join(letter)))
                    self.say("250 taken")
                else:
                    self.say("221 bye" if word == "QUIT" else "250 yes")
                    if word == "QUIT":
                        return

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True

    server = Server(("127.0.0.1", 0), Handler)
    with _served(server):
        box.port = server.server_address[1]
        yield box


@contextmanager
def _served(server: socketserver.BaseServer) -> Iterator[None]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
