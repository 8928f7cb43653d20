"""A player that goes through the epochs of a training: buttons, keyboard shortcuts, and a slider.

A browser sends the slider's position with every tick, and under load that comes seconds late. So whatever
moves the slider, except the visitor's own hand, replaces it by a new one: late messages of the old one have
no effect. Such a slider cannot be bound to the address, which is therefore written here, but not while it
plays: each address that a page writes is a step of the browser's own Back.
"""

from __future__ import annotations

import time

import streamlit as st

from pages.components.shared import session
from pages.components.shared.keys import Key, numbered

_SPEEDS = (1, 2, 5, 10)
_SLIDER_HEIGHT = 68  # pixels, with its label
# Pixels: Play and Pause take the same, and a control that a browser still loads keeps its place.
_PLAY_WIDTH = 112
_STEP_WIDTH = 96
_SPEED_WIDTH = 176


def begin() -> float | None:
    """Return the seconds per epoch while it plays, else None: the ``run_every`` of the player's fragment.

    The first of them begin now. Where the address is another than the player wrote, it leads: it comes from a
    link or from the browser's own Back. A fragment's address may come late, so this is the page's to notice.
    """
    if st.query_params.get(Key.EPOCH) != session.WRITTEN_EPOCH.get():
        session.PLAYING.set(value=False)
        session.SHOWN_EPOCH.clear()
    session.LAST_TICK.set(time.monotonic())
    return _interval()


def _interval() -> float | None:
    return 1 / session.SPEED.get() if session.PLAYING.get() and session.exists(Key.SPEED) else None


def draw(training: str, last: int, drawn_with: float | None) -> int:
    """Draw buttons, speed and slider in a row; return the epoch, 1 to ``last``.

    Args:
        training: key of the model; another one begins at its own last epoch.
        last: number of the last epoch; from there playing starts at the first.
        drawn_with: result of ``begin``; where the interval is another now, the page is drawn anew.
    """
    _prepare(training, last)
    if last == 1:  # nothing to play; Streamlit draws no slider with one position
        session.PLAYING.set(value=False)
        _to_address(1, last)
        return 1
    playing = session.PLAYING.get()
    st.button(
        "Pause" if playing else "Play",
        icon=":material/pause:" if playing else ":material/play_arrow:",
        key=Key.PLAY,
        shortcut="p",
        on_click=_toggle,
        args=(last,),
        width=_PLAY_WIDTH,
    )
    for label, icon, by in (
        ("Back", ":material/skip_previous:", -1),
        ("Next", ":material/skip_next:", 1),
    ):
        shortcut = label[0].lower()
        st.button(label, icon=icon, shortcut=shortcut, on_click=_step, args=(by, last), width=_STEP_WIDTH)
    st.segmented_control(
        "Epochs per second",
        _SPEEDS,
        default=2,
        required=True,
        key=Key.SPEED,
        bind="query-params",
        width=_SPEED_WIDTH,
    )
    if _interval() != drawn_with:
        st.rerun()
    return _slider(last)


def _prepare(training: str, last: int) -> None:
    shown, before = session.SHOWN_EPOCH.get(), session.PLAYED_MODEL.get()
    session.PLAYED_MODEL.set(training)
    if before not in (None, training):
        session.PLAYING.set(value=False)
        _go_to(last)
    elif shown is None:
        _go_to(_from_address(last))
    elif not session.exists(_slider_key()):
        # The visitor comes back to this page: then its slider is gone.
        _go_to(shown)
    else:
        return
    _to_address(_shown(), last)


def _slider(last: int) -> int:
    """Draw the slider, moved to the next epoch where it is time; return the epoch."""
    seconds = _interval()
    if seconds is not None:
        _play_on(last, seconds)
    # Its place is kept while a browser still loads the slider.
    with st.container(height=_SLIDER_HEIGHT, border=False, vertical_alignment="bottom"):
        epoch = int(
            st.slider(
                "Epoch",
                1,
                last,
                session.FIRST_EPOCH.get(),
                key=_slider_key(),
                disabled=session.PLAYING.get(),
            )
        )
    session.SHOWN_EPOCH.set(epoch)
    if not session.PLAYING.get():
        _to_address(epoch, last)
    return epoch


def _shown() -> int:
    return session.SHOWN_EPOCH.get() or 1


def _play_on(last: int, seconds: float) -> None:
    now = time.monotonic()
    # The fragment also runs for other reasons: those are no ticks.
    if now - session.LAST_TICK.get() < 0.8 * seconds:
        return
    session.LAST_TICK.set(now)
    _go_to(min(_shown() + 1, last))
    if _shown() == last:
        session.PLAYING.set(value=False)
        st.rerun()  # the whole page, whose fragment then no longer ticks


def _toggle(last: int) -> None:
    session.PLAYING.set(not session.PLAYING.get())
    _go_to(1 if session.PLAYING.get() and _shown() >= last else _shown())


def _step(by: int, last: int) -> None:
    session.PLAYING.set(value=False)
    _go_to(min(max(_shown() + by, 1), last))


def _go_to(epoch: int) -> None:
    session.SHOWN_EPOCH.set(epoch)
    session.FIRST_EPOCH.set(epoch)
    session.SLIDERS.set(session.SLIDERS.get() + 1)


def _slider_key() -> str:
    return numbered(Key.EPOCH_SLIDER, session.SLIDERS.get())


def _from_address(last: int) -> int:
    given = st.query_params.get(Key.EPOCH, "")
    # int() refuses thousands of digits.
    return min(max(int(given[:9]), 1), last) if given.isascii() and given.isdigit() else last


def _to_address(epoch: int, last: int) -> None:
    wanted = None if epoch == last else str(epoch)
    session.WRITTEN_EPOCH.set(wanted)
    if st.query_params.get(Key.EPOCH) == wanted:
        return
    if wanted is None:
        del st.query_params[Key.EPOCH]
    else:
        st.query_params[Key.EPOCH] = wanted
