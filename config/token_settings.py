"""Settings of the access tokens that BookMe accepts, and of the development issuer."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from config.setting_types import IssuerAddress


class TokenSettings(BaseSettings):
    auth_issuer: IssuerAddress | None = Field(
        None, description="OIDC issuer whose access tokens BookMe accepts: https, or http on loopback."
    )
    auth_audience: str = Field("bookme", description="The audience (`aud`) that an access token must name.")
    accept_user_tokens: bool = Field(
        False,
        description="Accept access tokens of users too, each user as a client of its own (`user:{client}:{sub}`). "
        "If false, BookMe accepts only tokens that clients got for themselves.",
    )
    auth_algorithms: tuple[str, ...] = Field(
        ("RS256", "PS256", "ES256", "EdDSA"), description="Signature algorithms that BookMe accepts (JSON list)."
    )
    auth_jwks_url: IssuerAddress | None = Field(
        None,
        description="Address of the issuer's keys: https, or http on loopback. If not set, BookMe reads the "
        "address in the issuer's discovery document.",
    )
    dev_issuer: bool = Field(False, description="DEVELOPMENT ONLY: serve our own token issuer, for everybody who asks.")
    dev_issuer_secret: SecretStr = Field(
        SecretStr("bookme-development"), description="Client secret that the development issuer accepts."
    )
    dev_issuer_key: Path = Field(
        Path(".bookme/dev-issuer.pem"),
        description="Signing key of the development issuer. BookMe creates the file if it is missing.",
    )
    demo_pages: Path | None = Field(
        None,
        description="DEVELOPMENT ONLY: directory of the built pages that are served at `/demo`. Their visitors get "
        "access tokens without a login. Needs `BOOKME_DEV_ISSUER`.",
    )

    @model_validator(mode="after")
    def _one_issuer(self) -> Self:
        if self.dev_issuer and self.auth_issuer:
            message = "BOOKME_DEV_ISSUER and BOOKME_AUTH_ISSUER exclude each other: unset one"
            raise ValueError(message)
        if self.demo_pages and not self.dev_issuer:
            message = "BOOKME_DEMO_PAGES needs BOOKME_DEV_ISSUER, which is for development only: unset it"
            raise ValueError(message)
        return self
