"""Who may see the app: where nobody has opened it to others, those at its own computer."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

import streamlit as st

# Community Cloud starts the app without an address, and every app has its page below this name.
_PLATFORM = ".streamlit.app"


def is_allowed(server: str | None, visitor: str | None, page: str | None) -> bool:
    """Return whether a visitor may see the app.

    The address of the page is what the browser says: this keeps out people, not a program written to get in.

    Args:
        server: address that whoever started the app chose to listen on; None where nobody chose one, so that
            Streamlit listens on every address.
        visitor: IP address of the visitor; None for this computer, as Streamlit has it.
        page: address of the page in the visitor's browser.
    """
    # Not `is None`: Streamlit's test client, which has no connection, names an object that is no address.
    if server is not None or not isinstance(visitor, str):
        return True
    if (urlsplit(page or "").hostname or "").endswith(_PLATFORM):
        return True
    try:
        address = ip_address(visitor)
    except ValueError:  # a proxy may say anything
        return False
    # A server that listens on IPv6 sees IPv4 addresses as ::ffff:127.0.0.1.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def keep_others_out() -> None:
    """Stop the page with a sentence unless its visitor may see the app."""
    if is_allowed(st.get_option("server.address"), st.context.ip_address, st.context.url):
        return
    st.error(
        "Only the computer that runs this app may open it. To open it to others, restart it with "
        "--server.address=0.0.0.0.",
        icon=":material/lock:",
    )
    st.stop()
