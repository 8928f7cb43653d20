"""Plotly figures as pure functions of data, one module per figure."""
