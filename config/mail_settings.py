"""Settings of the mail server that sends invitations."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from config.setting_types import MailAddress


class MailSettings(BaseSettings):
    smtp_host: str | None = Field(
        None,
        description="Mail server that sends invitations (SMTP submission). If not set, BookMe sends no invitations.",
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="Encryption of the connection to the mail server: `starttls`, `tls` (from the start, usually "
        "port 465), or `none` (in clear, so without a password).",
    )
    smtp_username: str | None = Field(
        None, description="User name at the mail server, if the mail server needs a login."
    )
    smtp_password: SecretStr | None = Field(None, description="Password at the mail server.")
    smtp_from: MailAddress | None = Field(
        None, description="Sender address of invitations. If not set, the address of the organisation."
    )

    @model_validator(mode="after")
    def _whole_credentials(self) -> Self:
        if (self.smtp_username is None) is not (self.smtp_password is None):
            message = "BOOKME_SMTP_USERNAME and BOOKME_SMTP_PASSWORD go together: set both, or neither"
            raise ValueError(message)
        if self.smtp_username is not None and self.smtp_security == "none":
            message = "BOOKME_SMTP_SECURITY=none would show the password to everybody on the way: use starttls or tls"
            raise ValueError(message)
        return self
