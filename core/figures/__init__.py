"""Plotly figures as pure functions of data, one module for each subject."""
