"""A player that goes through the epochs of a training: buttons, keys, and a slider that they move."""

from __future__ import annotations

import time

import streamlit as st

EPOCH, SPEED = "epoch", "speed"
_PLAYING, _TICK = "playing", "player's last tick"
_SPEEDS = (1, 2, 5, 10)


def buttons(last: int) -> float | None:
    """Draw the buttons.

    Args:
        last: the last epoch; after it playing starts again at the first.

    Returns:
        Seconds from one epoch to the next while it plays, else None: the ``run_every`` of the fragment that
        calls ``slider``.
    """
    playing = st.session_state.setdefault(_PLAYING, False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Pause" if playing else "Play",
            icon=":material/pause:" if playing else ":material/play_arrow:",
            key="play",
            shortcut="p",
            type="primary",
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
    # A session can bring the epoch of a longer training along.
    if st.session_state.get(EPOCH, last) > last:
        st.session_state[EPOCH] = last
    if interval is not None and st.session_state[_PLAYING]:
        _play_on(last, interval)
    return int(st.slider("Epoch", 1, last, last, key=EPOCH, bind="query-params"))


def _play_on(last: int, interval: float) -> None:
    now = time.monotonic()
    # The fragment also runs when a visitor moves the slider: that is no tick.
    if now - st.session_state[_TICK] < 0.8 * interval:
        return
    st.session_state[_TICK] = now
    epoch = st.session_state.get(EPOCH, last)
    st.session_state[EPOCH] = min(epoch + 1, last)
    if epoch + 1 >= last:
        st.session_state[_PLAYING] = False
        st.rerun()


def _turn(last: int) -> None:
    st.session_state[_PLAYING] = not st.session_state[_PLAYING]
    st.session_state[_TICK] = time.monotonic()
    if st.session_state[_PLAYING] and st.session_state.get(EPOCH, last) >= last:
        st.session_state[EPOCH] = 1


def _step(by: int, last: int) -> None:
    st.session_state[_PLAYING] = False
    st.session_state[EPOCH] = min(max(st.session_state.get(EPOCH, last) + by, 1), last)
