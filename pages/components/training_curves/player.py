"""A player that goes through the epochs of a training: buttons, keys, and a slider that they move.

A browser sends where the slider stood with every tick, and under load that comes seconds late. So whatever
moves the slider, but for the visitor's own hand, puts a new one in its place: the old one's messages go
nowhere. Such a slider cannot be bound to the address, which is therefore written here.
"""

from __future__ import annotations

import time

import streamlit as st

EPOCH, SPEED = "epoch", "speed"
_AT, _START, _SLIDER = "player is at", "player's slider started at", "player's slider"
_PLAYING, _TICK = "player plays", "player's last tick"
_SPEEDS = (1, 2, 5, 10)


def buttons(last: int) -> float | None:
    """Draw the buttons.

    Args:
        last: the last epoch; from there playing starts at the first.

    Returns:
        Seconds from one epoch to the next while it plays, else None: the ``run_every`` of the fragment that
        calls ``slider``.
    """
    playing = st.session_state.setdefault(_PLAYING, False)
    if _AT not in st.session_state:
        _go_to(_from_address(last))
    elif st.session_state[_AT] > last or _key() not in st.session_state:
        # It was left on a longer training, or on this page some time ago: then its slider is gone.
        _go_to(min(st.session_state[_AT], last))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Pause" if playing else "Play",
            icon=":material/pause:" if playing else ":material/play_arrow:",
            key="play",
            shortcut="p",
            on_click=_turn,
            args=(last,),
        )
        st.button("Back", icon=":material/skip_previous:", shortcut="b", on_click=_step, args=(-1, last))
        st.button("Next", icon=":material/skip_next:", shortcut="n", on_click=_step, args=(1, last))
        speed = st.segmented_control(
            "Epochs per second", _SPEEDS, default=2, required=True, key=SPEED, bind="query-params"
        )
    return 1 / speed if playing else None


def slider(last: int, interval: float | None) -> int:
    """Draw the slider, an epoch further on where it is time for that; return the epoch, 1 to ``last``.

    Args:
        last: the last epoch.
        interval: what ``buttons`` returned.
    """
    if interval is not None and st.session_state[_PLAYING]:
        _play_on(last, interval)
    epoch = int(
        st.slider(
            "Epoch",
            1,
            last,
            st.session_state[_START],
            key=_key(),
            disabled=st.session_state[_PLAYING],
        )
    )
    st.session_state[_AT] = epoch
    _to_address(epoch, last)
    return epoch


def _play_on(last: int, interval: float) -> None:
    now = time.monotonic()
    # The fragment is also run for other reasons: those are no ticks.
    if now - st.session_state[_TICK] < 0.8 * interval:
        return
    st.session_state[_TICK] = now
    _go_to(min(st.session_state[_AT] + 1, last))
    if st.session_state[_AT] == last:
        st.session_state[_PLAYING] = False
        st.rerun()  # the whole page, whose fragment then has no clock


def _turn(last: int) -> None:
    st.session_state[_PLAYING] = not st.session_state[_PLAYING]
    st.session_state[_TICK] = time.monotonic()
    at_the_end = st.session_state[_AT] >= last
    _go_to(1 if st.session_state[_PLAYING] and at_the_end else st.session_state[_AT])


def _step(by: int, last: int) -> None:
    st.session_state[_PLAYING] = False
    _go_to(min(max(st.session_state[_AT] + by, 1), last))


def _go_to(epoch: int) -> None:
    st.session_state[_AT] = st.session_state[_START] = epoch
    st.session_state[_SLIDER] = st.session_state.get(_SLIDER, 0) + 1


def _key() -> str:
    return f"epoch slider {st.session_state[_SLIDER]}"


def _from_address(last: int) -> int:
    given = st.query_params.get(EPOCH, "")
    # int() refuses thousands of digits.
    return min(max(int(given[:9]), 1), last) if given.isascii() and given.isdigit() else last


def _to_address(epoch: int, last: int) -> None:
    wanted = None if epoch == last else str(epoch)
    if st.query_params.get(EPOCH) == wanted:
        return
    if wanted is None:
        del st.query_params[EPOCH]
    else:
        st.query_params[EPOCH] = wanted
