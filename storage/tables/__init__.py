"""Database tables as SQLModel classes."""
