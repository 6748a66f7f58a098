"""Access tokens, scopes and the clients behind requests."""
