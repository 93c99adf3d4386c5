"""What a client asks of the server beyond the protocol, in its initialization options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """`heat`, `status`: notifications of these names. `client_commands`: the client has the commands that lenses name."""

    heat: bool = False
    status: bool = False
    client_commands: bool = False


def read_client_options(given: object) -> ClientOptions:
    """What the initialization options say; anything but true is no."""
    values: Mapping[str, Any] = cast("Mapping[str, Any]", given) if isinstance(given, Mapping) else {}
    return ClientOptions(
        heat=values.get("heat") is True,
        status=values.get("status") is True,
        client_commands=values.get("clientCommands") is True,
    )
