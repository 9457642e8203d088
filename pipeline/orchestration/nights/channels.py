"""The ways by which a message leaves the machine: a webhook, as each kind of listener wants it, and mail.

Belongs here: one try to deliver, and its sentence where it failed. Does not: what is said, how often it is tried
(`nights/alerts.py`), or the shapes themselves (`alerts.yaml`).

Sources: DingTalk, custom robots; WeCom, group robots; Feishu, custom robots: each vendor's open platform documentation.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import smtplib
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.home import Home
from pipeline.settings.alerts import AlertSettings

_ANSWER_BYTES = 65_536


class NotTakenError(Exception):
    """A try did not deliver. Its text names the fault's kind, never an address, a secret or what was to be said."""


@dataclass(frozen=True)
class Message:
    """What is to be said: the event's own JSON, the same as text, and the text's first line."""

    body: Mapping[str, object]
    subject: str
    text: str


Channel = Callable[[Message], None]


@cache
def shapes() -> dict[str, Any]:
    """Words and robots, as `alerts.yaml` has them."""
    return yaml.safe_load(Path(__file__).with_name("alerts.yaml").read_text(encoding="utf-8"))


def channels(home: Home) -> dict[str, Channel]:
    """The ways that the county has set, by name; none where it has set none."""
    settings, url = home.settings.alerts, home.settings.alert_webhook
    found: dict[str, Channel] = {}
    if url:
        found["webhook"] = lambda message: _post(url, settings, message)
    if settings.smtp_host and settings.mail_from and settings.mail_to:
        found["mail"] = lambda message: _mail(settings, message)
    return found


def _post(url: str, settings: AlertSettings, message: Message) -> None:
    robot = shapes()["robots"].get(settings.robot)
    body = dict(message.body) if robot is None else _filled(robot["body"], _cut(message.text, robot["most_bytes"]))
    if robot is not None and settings.secret_file:
        url, body = _signed(url, body, robot["signed"], _secret(settings.secret_file))
    try:
        request = urllib.request.Request(
            url,
            json.dumps(body, ensure_ascii=False).encode(),
            {"Content-Type": "application/json; charset=utf-8"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=settings.timeout_seconds) as answer:
            said = answer.read(_ANSWER_BYTES)
    except urllib.error.HTTPError as error:
        error.close()
        raise NotTakenError(f"status {error.code}") from None
    except (OSError, ValueError) as error:
        raise NotTakenError(type(error).__name__) from None
    if robot is not None:
        _check_answer(said, robot)


def _check_answer(said: bytes, robot: Mapping[str, Any]) -> None:
    try:
        code = json.loads(said)[robot["answer"]]
    except (ValueError, KeyError, TypeError):
        raise NotTakenError("an answer of another kind than the robot's") from None
    if code != robot["ok"]:
        # a number says which of its rules the robot applied; its words are another party's, and stay out
        raise NotTakenError(f"the robot's code {code}" if isinstance(code, int) else "a code that is no number")


def _filled(shape: Any, text: str) -> Any:
    if isinstance(shape, dict):
        return {key: _filled(value, text) for key, value in shape.items()}
    return text if shape == "TEXT" else shape


def _cut(text: str, most: int) -> str:
    data = text.encode()
    return text if len(data) <= most else data[: most - len("…".encode())].decode(errors="ignore") + "…"


def _secret(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotTakenError(f"the secret's file cannot be read ({type(error).__name__})") from None


def _signed(url: str, body: dict[str, Any], where: str, secret: str) -> tuple[str, dict[str, Any]]:
    if where == "query":
        at = str(round(time.time() * 1000))
        sign = base64.b64encode(hmac.digest(secret.encode(), f"{at}\n{secret}".encode(), hashlib.sha256)).decode()
        joint = "&" if urllib.parse.urlsplit(url).query else "?"
        return f"{url}{joint}{urllib.parse.urlencode({'timestamp': at, 'sign': sign})}", body
    if where == "body":
        at = str(int(time.time()))
        sign = base64.b64encode(hmac.digest(f"{at}\n{secret}".encode(), b"", hashlib.sha256)).decode()
        return url, {"timestamp": at, "sign": sign, **body}
    return url, body


def _mail(settings: AlertSettings, message: Message) -> None:
    letter = EmailMessage()
    letter["Subject"], letter["From"], letter["To"] = message.subject, settings.mail_from, ", ".join(settings.mail_to)
    domain = str(settings.mail_from).partition("@")[2]
    # the machine's own name is nobody's business
    letter["Date"], letter["Message-ID"] = formatdate(), make_msgid(domain=domain)
    letter.set_content(message.text)
    try:
        kind: Any = smtplib.SMTP
        words: dict[str, Any] = {"timeout": settings.timeout_seconds, "local_hostname": domain}
        if settings.smtp_security == "tls":
            kind, words["context"] = smtplib.SMTP_SSL, ssl.create_default_context()
        with kind(settings.smtp_host, settings.smtp_port, **words) as server:
            if settings.smtp_security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.smtp_account:
                password = _secret(settings.smtp_password_file) if settings.smtp_password_file else ""
                server.login(settings.smtp_account, password)
            server.send_message(letter)
    except smtplib.SMTPException as error:
        raise NotTakenError(type(error).__name__) from None
    except (OSError, ValueError) as error:
        raise NotTakenError(type(error).__name__) from None
