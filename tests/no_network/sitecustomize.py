"""Refuses every connection of a Python process that finds this folder on its path, and of those that it starts."""

import socket

SAID = "no connection may be made"


def _refuse(*_args: object, **_more: object) -> None:
    raise OSError(SAID)


def _unless_local(real):
    def call(self: socket.socket, *args: object) -> object:
        return real(self, *args) if self.family == socket.AF_UNIX else _refuse()

    return call


for _name in ("connect", "connect_ex", "sendto", "bind"):
    setattr(socket.socket, _name, _unless_local(getattr(socket.socket, _name)))
for _name in ("getaddrinfo", "gethostbyname", "create_connection"):
    setattr(socket, _name, _refuse)
