"""ASGI middleware: each class is one concern of every request."""
