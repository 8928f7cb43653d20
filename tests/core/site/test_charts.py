import plotly.graph_objects as go

from core.site import charts
from core.site.files import as_json


def curve(points, name="gap", **layout):
    trace = {"type": "scatter", "x": list(range(points)), "y": [0.5] * points, "name": "curve"}
    return go.Figure([trace, {"type": "scatter", "x": [points], "y": [1], "name": name}], layout)


def test_a_figure_is_plain_and_without_the_template_of_python():
    figure = go.Figure([{"type": "scatter", "x": [1.0, float("nan")]}], {"height": 50, "template": "plotly"})
    plain = charts.as_plain(figure)
    assert plain == {"data": [{"type": "scatter", "x": [1.0, None]}], "layout": {"height": 50}}
    as_json(plain)


def test_a_replay_says_of_each_figure_only_what_differs_from_the_last():
    found = charts.replay(curve(points, f"gap {points}", title={"text": str(points)}) for points in (1, 2, 3))
    assert found["figure"] == charts.as_plain(curve(3, "gap 3", title={"text": "3"}))
    first, second, last = found["frames"]
    assert first["data"] == [{"points": 1}, {"x": [1], "name": "gap 1"}]
    assert first["layout"] == {"title": {"text": "1"}}
    assert second["data"][0] == {"points": 2}
    assert last == {"data": [{}, {}], "layout": {}}


def test_other_values_are_written_whole():
    other = go.Figure([{"type": "scatter", "x": [0, 9], "y": [0.5, 0.5], "name": "curve"}, curve(3).data[1]])
    (changed, _), _ = (frame["data"] for frame in charts.replay([other, curve(3)])["frames"])
    assert changed == {"x": [0, 9], "y": [0.5, 0.5]}


def test_epochs_are_spread_with_those_that_must_be_there():
    assert charts.spread(3, 200, [2]) == [1, 2, 3]
    found = charts.spread(10_000, 200, [4321])
    assert {1, 4321, 10_000} <= set(found)
    assert len(found) <= 200
    assert found == sorted(set(found))


def test_the_policy_allows_two_styles_by_hash_and_nothing_else_inline():
    assert "'unsafe-inline'" not in charts.CHART_POLICY
    assert "'unsafe-eval'" not in charts.CHART_POLICY
    assert "style-src 'self' 'sha256-" in charts.CHART_POLICY
    assert "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'" in charts.CHART_POLICY
    assert charts.head().count("<template id=") == 1  # the guard is found in the installed Plotly


def test_alternatives_are_escaped():
    assert 'aria-label="&lt;b&gt; &quot;x&quot;"' in charts.place("one", '<b> "x"', 10)
