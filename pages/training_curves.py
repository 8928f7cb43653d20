"""Training curves: a training epoch by epoch, compared with others and with the paper's."""

# ruff: noqa: E402 - the browser has something to do before the other imports, which take a second at first

from pages.components.shared import frame

first = frame.begin(charts=True, metrics=True)

from pages.components.shared import layout, navigation
from pages.components.shared.user_errors import show_user_errors
from pages.components.training_curves import paper_history, replay, run_table, runs

page = layout.begin(first, navigation.TRAINING_CURVES)
model = layout.model(page)
with show_user_errors():
    shown = runs.of(model)

compared = replay.draw(model, shown, page.offered)
run_table.draw(compared)
paper_history.draw(model)
