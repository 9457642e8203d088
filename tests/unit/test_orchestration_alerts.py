"""What the county is told: each robot's own shape, tried again where it failed, by mail too, nothing of a person."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import json
import logging
import urllib.parse

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.intake import receive
from pipeline.orchestration.nights import alerts
from pipeline.orchestration.nights.channels import shapes
from pipeline.publish.nights.archive_proof import heads
from pipeline.reference import load_reference
from tests.landing import AS_OF, RECORDS, csv_bytes, headers, land, records
from tests.listeners import mail_server, webhook

OK = {"json": b"", "dingtalk": b'{"errcode":0,"errmsg":"ok"}', "wecom": b'{"errcode":0,"errmsg":"ok"}',
      "feishu": b'{"code":0,"msg":"success","data":{}}'}  # fmt: skip
REFUSED = {"dingtalk": b'{"errcode":310000,"errmsg":"keywords not in content"}',
           "wecom": b'{"errcode":93000,"errmsg":"invalid webhook url"}',
           "feishu": b'{"code":19001,"msg":"param invalid"}'}  # fmt: skip
SAID = ["Checking new submissions: ValueError at pipeline/checks/run.py:60."]


@pytest.fixture
def received(home: Home) -> Home:
    """A home of which the archive has a head, and records that nobody outside may hear of."""
    land(home, "clinic-100", "delivery_202401.csv", csv_bytes([headers("delivery"), *records("delivery", 3)]))
    receive(home, load_reference(home), AS_OF)
    return home


def told(home: Home, url: str | None, **words: object) -> Home:
    """The home with alerts set; no wait between tries."""
    lines = [f"alert_webhook: {url}\n"] if url else []
    lines += ["alerts:\n  wait_seconds: 0.01\n", *(f"  {key}: {json.dumps(value)}\n" for key, value in words.items())]
    with home.county_yaml.open("a", encoding="utf-8") as file:
        file.writelines(lines)
    return Home(home.root)


def text_of(robot: str, body: dict) -> str:
    """Where each listener looks for the text, as its vendor documents it."""
    if robot == "json":
        return body["text"]
    if robot == "feishu":
        assert body["msg_type"] == "text"
        return body["content"]["text"]
    assert body["msgtype"] == "text"
    return body["text"]["content"]


@pytest.mark.parametrize("robot", list(OK))
def test_each_robot_gets_its_own_shape_after_a_try_that_failed(received, robot):
    with webhook((503, b"busy"), (200, OK[robot])) as heard:
        home = told(received, heard.url, robot=robot)
        assert alerts.post_failure(home, "run", SAID)
    assert len(heard.posted) == 2
    assert heard.bodies[0] == heard.bodies[1]
    path, kind, _ = heard.posted[0]
    assert path == "/robot/send?access_token=t"
    assert kind == "application/json; charset=utf-8"
    text = text_of(robot, heard.bodies[1])
    for part in ("rollcall：999977 的夜间处理未完成。", "rollcall: the night of 999977 failed.", *SAID):
        assert part in text
    # the chain's head is where nobody who can write the archive can write
    assert heads(home)["ledger"] in text
    sent = b"".join(body for _, _, body in heard.posted).decode()
    assert [cell for cell in RECORDS["delivery"] if len(cell) > 3 and cell in sent] == []


@pytest.mark.parametrize("robot", list(REFUSED))
def test_a_robot_that_answers_200_and_refuses_has_not_taken_it(received, robot, caplog):
    with webhook((200, REFUSED[robot])) as heard, caplog.at_level(logging.WARNING):
        assert not alerts.post_heads(told(received, heard.url, robot=robot))
    assert len(heard.posted) == 3
    assert "the robot's code" in caplog.text
    # an address holds the robot's token
    assert "access_token" not in caplog.text
    with webhook((200, b"<html>a login page</html>")) as heard, caplog.at_level(logging.WARNING):
        assert not alerts.post_heads(told(Home(received.root), None, robot=robot)) or not heard.posted


def test_every_robot_that_can_be_set_has_a_shape():
    from typing import get_args

    from pipeline.settings.alerts import AlertSettings

    kinds = set(get_args(AlertSettings.model_fields["robot"].annotation))
    assert kinds == {"json", *shapes()["robots"]}


def test_a_long_text_is_cut_to_what_the_robot_takes(received):
    with webhook((200, OK["wecom"])) as heard:
        assert alerts.post_failure(told(received, heard.url, robot="wecom"), "", ["未完成。" * 900])
    text = text_of("wecom", heard.bodies[0])
    assert 2000 < len(text.encode()) <= 2048
    assert text.endswith("…")


def test_signatures_are_made_as_the_robots_check_them(received, tmp_path):
    (tmp_path / "robot.secret").write_text("SEC123\n", encoding="utf-8")
    with webhook((200, OK["dingtalk"])) as heard:
        assert alerts.post_heads(told(received, heard.url, robot="dingtalk", secret_file=f"{tmp_path}/robot.secret"))
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(heard.posted[0][0]).query)
    at = query["timestamp"][0]
    expected = hmac.new(b"SEC123", f"{at}\nSEC123".encode(), hashlib.sha256).digest()
    assert base64.b64decode(query["sign"][0]) == expected
    assert query["access_token"] == ["t"]
    assert len(at) == 13


def test_feishu_signs_in_the_body(received, tmp_path):
    (tmp_path / "robot.secret").write_text("SEC123\n", encoding="utf-8")
    with webhook((200, OK["feishu"])) as heard:
        assert alerts.post_heads(told(received, heard.url, robot="feishu", secret_file=f"{tmp_path}/robot.secret"))
    body = heard.bodies[0]
    expected = hmac.new(f"{body['timestamp']}\nSEC123".encode(), b"", hashlib.sha256).digest()
    assert base64.b64decode(body["sign"]) == expected
    assert len(body["timestamp"]) == 10


def test_mail_goes_out_after_a_server_that_was_closed(received, tmp_path):
    (tmp_path / "mail.password").write_text("geheim\n", encoding="utf-8")
    with mail_server(cut_off=1) as box:
        home = told(
            received, None, smtp_host="127.0.0.1", smtp_port=box.port, mail_from="rollcall@county.example",
            mail_to=["office@county.example", "it@county.example"], smtp_account="rollcall",
            smtp_password_file=f"{tmp_path}/mail.password",
        )  # fmt: skip
        assert alerts.post_failure(home, "run", SAID)
    assert box.conversations == 2
    ((sender, to, letter),) = box.letters
    assert "<rollcall@county.example>" in sender
    assert [address.split("<")[1].rstrip(">") for address in to] == ["office@county.example", "it@county.example"]
    assert base64.b64decode(box.logins[0].split()[-1]) == b"\0rollcall\0geheim"
    read = email.message_from_string(letter, policy=email.policy.default)
    assert read["Subject"] == "rollcall：999977 的夜间处理未完成。 rollcall: the night of 999977 failed."
    content = read.get_content()
    assert SAID[0] in content
    assert heads(home)["ledger"] in content
    assert [cell for cell in RECORDS["delivery"] if len(cell) > 3 and cell in letter + content] == []


def test_one_way_that_is_away_does_not_keep_the_other_from_being_told(received):
    with mail_server() as box:
        home = told(received, "http://127.0.0.1:9/", smtp_host="127.0.0.1", smtp_port=box.port,
                    mail_from="a@b.example", mail_to=["c@d.example"])  # fmt: skip
        assert not alerts.post_heads(home)
        # told once: who has taken it is not told again
        assert len(box.letters) == 1


def test_nobody_to_tell_is_no_error(received):
    assert not alerts.post_heads(received)
    assert not alerts.post_failure(received, "", SAID)


def test_the_trial_message_says_who_took_it(received):
    runner = CliRunner()
    assert runner.invoke(app, ["service", "alert", "--home", str(received.root)]).exit_code == 2
    with webhook((200, OK["wecom"]), (500, b"")) as heard:
        told(received, heard.url, robot="wecom")
        done = runner.invoke(app, ["service", "alert", "--home", str(received.root)])
        assert (done.exit_code, done.output.strip()) == (0, "webhook: taken")
        failed = runner.invoke(app, ["service", "alert", "--home", str(received.root)])
        assert (failed.exit_code, failed.output.strip()) == (1, "webhook: not taken (status 500)")
    assert "无需处理" in text_of("wecom", heard.bodies[0])


@pytest.mark.parametrize(
    ("line", "said"),
    [("  robot: slack", "robot"), ("  mail_from: nobody", "an address"), ("  secret_file: robot.secret", "a path")],
)
def test_a_setting_that_cannot_be_is_named(home, line, said):
    with home.county_yaml.open("a", encoding="utf-8") as file:
        file.write(f"alerts:\n{line}\n")
    with pytest.raises(RollcallError, match=said):
        assert Home(home.root).settings
