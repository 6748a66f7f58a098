"""Settings of `bookme mcp`, the server of tools for language models."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from config.setting_types import WebAddress


class AgentSettings(BaseSettings):
    mcp_api_url: WebAddress | None = Field(
        None, description="Address of the API that `bookme mcp` calls. If not set, `BOOKME_PUBLIC_URL`."
    )
    mcp_client_id: str | None = Field(
        None,
        description="Client id with which `bookme mcp` gets access tokens (client credentials), without `--http`. If "
        "not set, and the API is on loopback, the client of `bookme dev`.",
    )
    mcp_client_secret: SecretStr | None = Field(None, description="Secret of this client.")
    mcp_scope: str | None = Field(
        None, description="Scopes that `bookme mcp` asks for, separated by spaces. If not set, the issuer decides."
    )
    mcp_public_url: WebAddress | None = Field(
        None,
        description="Address at which clients reach `bookme mcp --http`, such as `https://bookings.example/mcp`. If "
        "not set, the loopback address at which it listens.",
    )
