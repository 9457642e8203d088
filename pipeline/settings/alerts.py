"""How the county is told of a night that failed, and of the archive's heads after one that did not."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.settings.part import Part


class AlertSettings(Part):
    """How `alert_webhook` is spoken to, and mail beside it or in its place."""

    robot: Literal["json", "dingtalk", "wecom", "feishu"] = Field(
        default="json",
        description="what listens at `alert_webhook`: a program of the county that takes rollcall's own JSON, or a "
        "group robot of DingTalk (钉钉), WeCom (企业微信) or Feishu (飞书), which gets a text",
    )
    secret_file: str | None = Field(
        default=None,
        pattern=r"^/",
        description="file with the robot's signing secret (加签, 签名校验), where the robot asks for one",
    )
    attempts: int = Field(default=3, ge=1, le=5, description="how often a message is tried")
    wait_seconds: float = Field(
        default=2, ge=0, le=30, description="seconds before the second try; twice as many before each one after it"
    )
    timeout_seconds: float = Field(
        default=8, gt=0, le=30, description="seconds that one try may take; Dagster gives a failure's sensor 60 in all"
    )
    smtp_host: str | None = Field(default=None, description="the mail server; without it no mail is sent")
    smtp_port: int = Field(default=25, ge=1, le=65_535, description="its port")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        default="none", description="`starttls`: encrypted after the greeting (mostly 587); `tls`: from the start (465)"
    )
    smtp_account: str | None = Field(default=None, description="account at the mail server, where it asks for one")
    smtp_password_file: str | None = Field(
        default=None,
        pattern=r"^/",
        description="file with that account's password; readable by the night's account alone",
    )
    mail_from: str | None = Field(default=None, pattern=r"^[^@\s<>]+@[^@\s<>]+$", description="the sender's address")
    mail_to: tuple[str, ...] = Field(default=(), description="addresses that get the mail")
