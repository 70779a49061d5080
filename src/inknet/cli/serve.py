"""``inknet serve``: the page and the REST service."""

import errno
import gc
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

if TYPE_CHECKING:
    from inknet.service import Settings

__all__ = ["serve"]


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[
        int | None,
        typer.Option(help="The port to listen on; 0 takes one that is free.", min=0, max=65535, show_default="8000"),
    ] = None,
    model: Annotated[Path | None, typer.Option(help="The model file.", show_default="the shipped model")] = None,
    workers: Annotated[
        int | None, typer.Option(help="How many processes answer.", min=1, max=256, show_default="1")
    ] = None,
) -> None:
    """Serve the page and the REST service, until Ctrl-C or SIGTERM.

    Environment variables set what the options do not, and more: INKNET_HOST, INKNET_PORT, INKNET_MODEL,
    INKNET_WORKERS, INKNET_LOG_LEVEL, INKNET_LOG_FORMAT, limits, hosts and origins; see docs/service.md.

    For example:

      inknet serve

      inknet serve --host 0.0.0.0 --port 80 --workers 4

      INKNET_LOG_FORMAT=json inknet serve --model runs/digits/best.pkl --port 0
    """
    # What is loaded now stays, so there is no garbage in it: to look for some takes a twentieth of the start.
    gc.disable()
    from inknet.digits import Recognizer
    from inknet.service.server import run

    gc.freeze()
    gc.enable()
    settings = _settings(host=host, port=port, model=model, workers=workers)
    # Loaded before anything listens: a person who mistyped a path hears of it now, not from the first request.
    recognizer = Recognizer.load(settings.model)
    with _listen(settings.host, settings.port) as listener:
        run(settings, recognizer, listener, lambda: typer.echo(f"inknet is at {_address(listener)} — draw a digit"))


def _settings(**options: str | int | Path | None) -> "Settings":
    """Return the settings of the environment, overruled by the options that were given."""
    from pydantic import ValidationError

    from inknet.service import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"INKNET_{first['loc'][0]}".upper()
        raise TyperException(f"the environment variable {name} does not fit: {first['msg']}") from None
    return settings.model_copy(update={name: value for name, value in options.items() if value is not None})


def _listen(host: str, port: int) -> socket.socket:
    """Open the socket to listen on."""
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        # An answer's head and body are two writes. The second would wait for the first to be acknowledged, which takes
        # some systems 40 ms. What is accepted has the option from here; asyncio sets it only for sockets of its own.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise TyperException(
                f"port {port} of {host} is in use: stop what uses it, or choose another by --port"
            ) from None
        raise TyperException(f"cannot listen on port {port} of {host}: {error.strerror}") from None


def _address(listener: socket.socket) -> str:
    """Return the URL that reaches a socket from this machine."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not listened on
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
