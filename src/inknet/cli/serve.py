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
        typer.Option(help="The port to listen on; 0 picks a free one.", min=0, max=65535, show_default="8000"),
    ] = None,
    model: Annotated[Path | None, typer.Option(help="The model file.", show_default="the shipped model")] = None,
    workers: Annotated[
        int | None, typer.Option(help="The number of worker processes.", min=1, max=256, show_default="1")
    ] = None,
) -> None:
    """Serve the page and the REST service, until Ctrl-C or SIGTERM.

    Every setting is also an environment variable: INKNET_HOST, INKNET_PORT, INKNET_MODEL, INKNET_WORKERS,
    INKNET_LOG_LEVEL, INKNET_LOG_FORMAT and more; see docs/service.md. Options take precedence.

    For example:

      inknet serve

      inknet serve --host 0.0.0.0 --port 80 --workers 4

      INKNET_LOG_FORMAT=json inknet serve --model runs/digits/best.pkl --port 0
    """
    # Imports create no garbage: looking for it takes 5 % of the startup time.
    gc.disable()
    from inknet.digits import Recognizer
    from inknet.service.server import run

    gc.freeze()
    gc.enable()
    settings = _settings(host=host, port=port, model=model, workers=workers)
    # Before the server listens: a wrong path must fail now, not at the first request.
    recognizer = Recognizer.load(settings.model)
    with _listen(settings.host, settings.port) as listener:
        run(settings, recognizer, listener, lambda: typer.echo(f"inknet is at {_address(listener)} — draw a digit"))


def _settings(**options: str | int | Path | None) -> "Settings":
    """Return the settings: options take precedence over the environment."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from inknet.service import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"INKNET_{first['loc'][0]}".upper()
        raise TyperException(f"invalid environment variable {name}: {first['msg']}") from None
    except (SettingsError, RecursionError) as error:
        # The value of a list is not JSON, or nested too deeply; a SettingsError names the field.
        fields = (name for name in Settings.model_fields if f'"{name}"' in str(error))
        name = f"INKNET_{next(fields, '…')}".upper()
        raise TyperException(f'invalid environment variable {name}: must be a JSON list such as ["a", "b"]') from None
    return settings.model_copy(update={name: value for name, value in options.items() if value is not None})


def _listen(host: str, port: int) -> socket.socket:
    """Open the socket to listen on."""
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        # The headers and body of a response are two writes. With Nagle's algorithm, the second waits for the client to
        # acknowledge the first, which can take 40 ms. Accepted connections inherit the option.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise TyperException(
                f"port {port} on {host} is in use: stop the other program, or choose another port with --port"
            ) from None
        raise TyperException(f"cannot listen on port {port} on {host}: {error.strerror}") from None


def _address(listener: socket.socket) -> str:
    """Return the URL of a listening socket, as seen from this machine."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not listened on
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
