"""The REST service: `create_app` makes it, from `Settings`."""

from inknet.service.app import create_app
from inknet.service.settings import Settings

__all__ = ["Settings", "create_app"]
